//! Columns of a file, by the words of the trade and of the legacy exchange (domain §6).

use unicode_normalization::UnicodeNormalization as _;

use super::ImportKind;

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $zh:literal $(, $other:literal)*;)*) => {
        /// What stands in a column.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Column {
            $($(#[$doc])* $name,)*
        }

        impl Column {
            /// Every column.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The English heading, and its stable name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The Chinese heading.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $zh,)* }
            }

            /// Every heading that means it.
            #[must_use]
            pub const fn headings(self) -> &'static [&'static str] {
                match self { $(Self::$name => &[$code, $zh $(, $other)*],)* }
            }
        }
    };
}

columns! {
    /// Name as on the document.
    FullName = "full_name", "姓名", "xm";
    /// Kind of document; the citizen's identity card where it is empty.
    DocumentKind = "document_kind", "证件类别", "证件类型", "zjlb";
    /// Its number.
    DocumentNumber = "document_number", "证件号码", "身份证号", "身份证号码", "zjhm";
    /// 男 or 女.
    Sex = "sex", "性别", "xb";
    /// Birth date.
    BirthDate = "birth_date", "出生日期", "出生年月", "csny";
    /// Name of the employer.
    EmployerTitle = "employer_title", "企业名称", "聘用单位", "聘用企业", "qymc";
    /// Credit code of the employer, or the nine characters of its old organisation code.
    CreditCode = "credit_code", "统一社会信用代码", "组织机构代码", "orgcode";
    /// Two digits of the employer's province.
    EmployerProvince = "employer_province", "企业工商注册所在省", "gszcsf";
    /// Classes of enterprise qualification.
    EmployerQualifications = "employer_qualifications", "企业类型", "qylx";
    /// 注册编号 of either generation.
    RegistrationNumber = "registration_number", "注册编号", "zcbh";
    /// 证书编号: the number of the printed certificate.
    CertificateNumber = "certificate_number", "证书编号", "zsbh";
    /// One specialty, or several divided by semicolons.
    Specialties = "specialties", "注册专业", "专业", "zczy";
    /// First day: one for all, or one for each.
    ValidFrom = "valid_from", "有效期起", "专业有效期起", "yxqq";
    /// Last day: one for all, or one for each.
    ValidTo = "valid_to", "有效期止", "专业有效期止", "注册有效期", "yxqz", "zcyxq";
    /// When the certificate was issued.
    IssuedOn = "issued_on", "发证日期", "签发日期", "fzrq";
    /// 资格证书管理号: one, or one for each specialty.
    QualificationNumber = "qualification_number", "资格证书管理号", "资格证书编号";
    /// What a fact says.
    Fact = "fact", "事实类别";
    /// Whose word it rests on.
    Source = "source", "事实来源";
    /// Number of the paper behind it.
    Reference = "reference", "依据文号";
    /// First day, or the day of the event.
    From = "from", "发生日期", "开始日期";
    /// Last day.
    To = "to", "结束日期";
    /// Required hours of continuing education.
    RequiredHours = "required_hours", "必修学时";
    /// Elective hours.
    ElectiveHours = "elective_hours", "选修学时";
}

impl Column {
    /// The column of a layout that a heading names, whatever width or case it is typed in.
    #[must_use]
    pub fn of_heading(kind: ImportKind, heading: &str) -> Option<Self> {
        let wanted = folded(heading);
        let mut known = kind.required().iter().chain(kind.optional());
        known
            .find(|column| column.headings().iter().any(|one| folded(one) == wanted))
            .copied()
    }
}

impl ImportKind {
    /// Columns without which a file of this kind is refused.
    #[must_use]
    pub const fn required(self) -> &'static [Column] {
        match self {
            Self::Qualifications => &[
                Column::FullName,
                Column::DocumentNumber,
                Column::QualificationNumber,
                Column::Specialties,
                Column::IssuedOn,
            ],
            Self::Employers => &[
                Column::EmployerTitle,
                Column::CreditCode,
                Column::EmployerQualifications,
            ],
            Self::Facts => &[
                Column::FullName,
                Column::DocumentNumber,
                Column::Fact,
                Column::Source,
                Column::Reference,
                Column::From,
            ],
            Self::Register => &[
                Column::FullName,
                Column::DocumentNumber,
                Column::CreditCode,
                Column::RegistrationNumber,
                Column::Specialties,
                Column::ValidFrom,
                Column::ValidTo,
            ],
        }
    }

    /// Columns that are read where they are there; others are ignored.
    #[must_use]
    pub const fn optional(self) -> &'static [Column] {
        match self {
            Self::Qualifications => &[Column::DocumentKind],
            Self::Employers => &[Column::EmployerProvince],
            Self::Facts => &[
                Column::DocumentKind,
                Column::To,
                Column::Specialties,
                Column::RequiredHours,
                Column::ElectiveHours,
            ],
            Self::Register => &[
                Column::DocumentKind,
                Column::Sex,
                Column::BirthDate,
                Column::EmployerTitle,
                Column::CertificateNumber,
                Column::IssuedOn,
                Column::QualificationNumber,
            ],
        }
    }
}

fn folded(heading: &str) -> String {
    let plain = heading.nfkc().filter(|c| !c.is_whitespace() && *c != '*');
    plain.flat_map(char::to_lowercase).collect()
}
