//! The family part of a name.

use super::{MIDDLE_DOT, is_ideograph};

/// Compound surnames in use.
const COMPOUND: [&str; 60] = [
    "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人", "夏侯", "诸葛", "尉迟",
    "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶", "太叔", "申屠", "公孙", "慕容", "仲孙", "钟离",
    "长孙", "宇文", "司徒", "鲜于", "司空", "闾丘", "子车", "亓官", "司寇", "巫马", "公西", "颛孙", "壤驷",
    "公良", "漆雕", "乐正", "宰父", "谷梁", "拓跋", "夹谷", "轩辕", "令狐", "段干", "百里", "呼延", "东郭",
    "南门", "羊舌", "微生", "左丘", "东门", "西门", "第五", "纳兰",
];

pub(super) fn of(name: &str) -> &str {
    if let Some((_, last)) = name.rsplit_once(MIDDLE_DOT) {
        return last;
    }
    if !name.starts_with(is_ideograph) {
        return name.rsplit_once(' ').map_or(name, |(_, last)| last);
    }
    let characters = name.chars().count();
    let length = if characters > 2 && COMPOUND.iter().any(|surname| name.starts_with(surname)) {
        2
    } else {
        1
    };
    let end = name.char_indices().nth(length).map_or(name.len(), |(at, _)| at);
    &name[..end]
}
