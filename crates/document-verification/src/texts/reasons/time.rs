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
        "checkpoint_malformed",
        "日志证明无法解析，不作依据",
        "the proof of the log cannot be read",
    ),
    (
        "checkpoint_not_of_the_log",
        "检查点不是信任包所列日志签发的，不作依据",
        "the checkpoint is not one of the log that the trust bundle names",
    ),
    (
        "too_few_witnesses",
        "检查点的见证方不足，不作依据",
        "too few of the known witnesses cosigned the checkpoint",
    ),
    (
        "version_not_in_the_log",
        "加注件所附的日志证明不成立，证书版本不在日志中",
        "the proof in the copy does not hold: the version is not in the log",
    ),
    (
        "not_in_the_log",
        "日志证明不是本文件的",
        "the proof is not one for this file",
    ),
    (
        "claimed_after_time_stamp",
        "自述的签章时间晚于时间戳",
        "the claimed signing time is later than the time stamp",
    ),
];
