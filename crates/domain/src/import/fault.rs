//! Why a row of a file is not written. No text repeats a cell.

use crate::reason::reasons;

reasons! {
    /// What is wrong with a row, beside the faults of a name, document, number or fact that it states.
    pub enum RowFault {
        /// A cell that must be filled is empty.
        Missing => "ROW_CELL_MISSING", "domain §6",
            "该单元格不能为空。", "The cell must be filled.";
        /// A spreadsheet has rounded the number.
        Rounded => "ROW_NUMBER_ROUNDED", "domain §6",
            "该号码被电子表格按数值保存，超过15位的数字已丢失；请将该列设为文本后重新填写。",
            "A spreadsheet kept the number as a figure and has lost its digits beyond fifteen; make the column text and type it again.";
        /// An error value of a spreadsheet.
        Broken => "ROW_CELL_BROKEN", "domain §6",
            "该单元格是公式错误或无法识别的值。", "The cell holds an error value.";
        /// No day.
        Day => "ROW_DAY_UNREADABLE", "domain §6",
            "日期无法识别，请写作 2021-03-01。", "The day cannot be read; write it as 2021-03-01.";
        /// A day that has not come.
        InFuture => "ROW_DAY_IN_FUTURE", "domain §6",
            "日期晚于今天。", "The day lies in the future.";
        /// No whole number.
        Figure => "ROW_FIGURE_UNREADABLE", "domain §6",
            "应为整数。", "A whole number is expected.";
        /// A word that the list does not know.
        Word => "ROW_WORD_UNKNOWN", "domain §6",
            "该值不在允许的范围内，见 docs/imports.md。", "The word is none of those allowed; see docs/imports.md.";
        /// A text of the wrong length or with signs that it cannot have.
        Text => "ROW_TEXT_INVALID", "domain §6",
            "文字长度或字符不符合要求。", "The text is too long or has signs that it cannot have.";
        /// Not as many values as specialties.
        Count => "ROW_VALUES_DO_NOT_MATCH", "domain §6",
            "值的个数与注册专业的个数不一致。", "There are not as many values as specialties.";
        /// One specialty twice.
        SpecialtyTwice => "ROW_SPECIALTY_TWICE", "domain §1.7",
            "同一专业出现多次。", "A specialty stands there twice.";
        /// A term that ends before it begins.
        Term => "ROW_TERM_ORDER", "domain §1.4",
            "有效期止早于有效期起。", "The term ends before it begins.";
        /// Sex or birth date is not that of the document, or is missing where no document tells it.
        DocumentDiffers => "ROW_DOCUMENT_DIFFERS", "domain §2.1",
            "与证件号码不一致，或证件号码不含该信息而未填写。",
            "It is not what the document number says, or must be filled because the number does not say it.";
        /// The number's prefix is that of another province.
        OtherProvince => "ROW_OTHER_PROVINCE", "domain §1.8",
            "注册编号首位汉字或企业注册地不是本省。", "The number, or the employer, is of another province.";
        /// The same person or number stands in another row of this file.
        TwiceInFile => "ROW_TWICE_IN_FILE", "domain §6",
            "与本文件前面的行重复。", "An earlier row of this file says it already.";
        /// It is on record as the row says; nothing is changed.
        AlreadyRecorded => "ROW_ALREADY_RECORDED", "domain §6",
            "已有相同记录，未作更改。", "It is on record already; nothing was changed.";
        /// It is on record with other facts.
        RecordedDifferently => "ROW_RECORDED_DIFFERENTLY", "domain §6",
            "已有记录但内容不同，请通过更正办理。", "It is on record with other facts; have them corrected.";
        /// The registration number belongs to another person.
        NumberTaken => "ROW_NUMBER_TAKEN", "domain §1.8",
            "该注册编号已属于他人。", "The registration number belongs to another person.";
        /// The name is not the one on record for the document.
        NameDiffers => "ROW_NAME_DIFFERS", "domain §5",
            "姓名与实名记录中该证件的姓名不一致。", "The name is not the one on record for this document.";
        /// Nobody on record has the document.
        PersonUnknown => "ROW_PERSON_UNKNOWN", "domain §1.12",
            "没有姓名与证件号码均相符的人员记录。", "Nobody on record has this name and document.";
        /// The employer is not on record with identity.
        EmployerUnknown => "ROW_EMPLOYER_UNKNOWN", "101号 art 7",
            "聘用单位未登记或代码对应多个单位，请先导入聘用单位。",
            "The employer is not on record, or its code means several; import employers first.";
        /// No qualification is on record for the specialty, and the file names none.
        QualificationMissing => "ROW_QUALIFICATION_MISSING", "153号 art 3",
            "缺少该专业的资格证书，请先导入资格证书或补充资格证书管理号。",
            "No qualification for the specialty is on record; import qualifications first or add the column.";
        /// The nation does not take the registration.
        Nation { /** Its stable reason. */ reason: String } => "ROW_REFUSED_BY_NATION", "design §3",
            "全国注册库未予接收（{reason}）。", "The national register does not take it ({reason}).";
    }
}
