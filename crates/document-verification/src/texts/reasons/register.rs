//! What the register says.

use super::Row;

pub(super) const ROWS: &[Row] = &[
    ("register_not_asked", "未查询登记册", "the register was not asked"),
    (
        "version_not_in_the_register",
        "登记册没有此证书版本",
        "the register knows no such version",
    ),
    (
        "file_not_in_the_register",
        "登记册没有签发过此文件",
        "the register did not issue this file",
    ),
    (
        "facts_differ_from_register",
        "文件信息与登记册不一致",
        "the facts differ from the register's",
    ),
    (
        "nothing_to_compare",
        "没有可以比对的信息",
        "there is nothing to compare",
    ),
    (
        "version_not_yet_made",
        "该版本尚未产生",
        "the version was not made yet",
    ),
    ("superseded", "已被新版本取代", "superseded by a newer version"),
    ("ended", "注册已终止", "the registration has ended"),
    (
        "specialty_not_living",
        "该专业目前无效",
        "the specialty does not count at present",
    ),
    (
        "copy_revoked",
        "持证人已撤回此加注件",
        "the copy was revoked by its holder",
    ),
    (
        "renewal_pending",
        "延续申请正在办理",
        "a renewal filed in time is pending",
    ),
    (
        "registration_suspended",
        "注册证书暂扣",
        "the registration is suspended",
    ),
    (
        "registration_revoked",
        "注册已被撤销",
        "the registration was revoked",
    ),
    (
        "registration_cancelled",
        "注册已注销",
        "the registration was cancelled",
    ),
    ("registration_lapsed", "注册已失效", "the registration has lapsed"),
    (
        "registration_stripped",
        "注册证书已被吊销",
        "the certificate was stripped as a penalty",
    ),
    (
        "registration_moving_out",
        "注册正在办理转出",
        "the registration is being moved out",
    ),
    (
        "registration_not_in_force",
        "注册状态异常",
        "the registration is not in force",
    ),
];
