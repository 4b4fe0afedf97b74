//! When it was signed, and what that rests on.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    (
        "claimed_only",
        "仅为签章人自述的时间，没有时间戳",
        "the signer's word only; there is no time stamp",
    ),
    (
        "time_stamp_not_trusted",
        "时间戳不受信任，仅有签章人自述的时间",
        "the time stamp is not trusted; only the signer's word",
    ),
    (
        "signing_time_unreadable",
        "没有可读的签章时间",
        "no readable signing time",
    ),
    (
        "signed_ahead_of_the_present",
        "签章时间晚于当前时间",
        "the signing time lies ahead of the present",
    ),
    (
        "times_differ",
        "文件中记载的签章时间不一致",
        "the stated signing times differ",
    ),
    (
        "compromised_and_time_only_claimed",
        "密钥已泄露，签章时间仅为自述，无法判断是否在泄露之前",
        "the key was compromised, and only the signer's word puts the signature before it",
    ),
    (
        "no_witness_known",
        "信任包没有列出日志见证方，检查点不作依据",
        "the trust bundle names no witnesses, so the checkpoint proves nothing",
    ),
    (
        "claimed_after_time_stamp",
        "自述的签章时间晚于时间戳",
        "the claimed signing time is later than the time stamp",
    ),
];
