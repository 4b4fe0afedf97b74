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
        "file_made_anew_since",
        "登记册签发过此文件，其后已重新签发（重签），请使用新文件",
        "the register issued this file and has made it anew since: use the new one",
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
    ("listed_invalid", "列为无效", "listed as invalid"),
    ("listed_suspended", "列为暂扣", "listed as suspended"),
    (
        "status_list_not_named",
        "文件没有写明状态列表中的位置",
        "the file names no place in a status list",
    ),
    (
        "status_list_no_such_place",
        "状态列表中没有文件所写的位置",
        "the status list has no such place",
    ),
    (
        "status_list_unreadable",
        "不是可以读取的状态列表",
        "this is no status list that can be read",
    ),
    (
        "status_list_key_unknown",
        "状态列表由信任包未列明的密钥签名",
        "the status list is signed by a key that the trust bundle does not name",
    ),
    (
        "status_list_signature_wrong",
        "状态列表的签名不成立",
        "the signature of the status list does not hold",
    ),
    (
        "status_list_is_another",
        "不是文件所写的状态列表",
        "this is not the status list that the file names",
    ),
    (
        "status_list_expired",
        "状态列表已过期，请重新获取",
        "the status list has expired; fetch it again",
    ),
    (
        "status_list_from_the_future",
        "状态列表的签发时间晚于核验时间",
        "the status list was issued after the time of verification",
    ),
    (
        "status_list_not_the_newest",
        "状态列表仍在有效期内，但已可获取更新的列表",
        "the status list has not expired, but a newer one can be had",
    ),
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
