//! The stage of a story: everybody who takes part, enrolled and in office, in one province.

use std::collections::BTreeMap;

use api::identity::v1::Role;

use crate::actors::{
    Administrator, Answer, Auditor, Checker, Citizen, Door, HelpDesk, Holder, Officer, Operator,
    RealNameAuthority, Registrar,
};
use crate::people::{Firm, Person};

/// Doors by the name of their client certificate.
pub type Doors = BTreeMap<&'static str, Door>;

/// Ordinals of the people of a stage; holders come after.
const FIRST_HOLDER: u32 = 100;
/// Ordinals of the people of a stage beside the first.
const FIRST_BESIDE: u32 = 40;
/// Ordinals of officers who join later.
const FIRST_OFFICER: u32 = 60;

/// Everybody in their place.
pub struct Stage {
    /// The province of the story.
    pub province: String,
    /// The national administrator.
    pub administrator: Administrator,
    /// The real-name authority, for those who come later.
    pub real_names: RealNameAuthority,
    /// Accepts for the province (受理).
    pub accepting: Officer,
    /// Reviews for the province (初审).
    pub reviewing: Officer,
    /// Gives the opinion of the water-resources authority (水利会审).
    pub water: Officer,
    /// Decides for the ministry (审批).
    pub deciding: Officer,
    /// Publicises and announces for the province.
    pub announcing: Officer,
    /// The first employer.
    pub employer_a: Registrar,
    /// The second employer.
    pub employer_b: Registrar,
    /// Checks certificates for a bidding platform.
    pub checker: Checker,
    door: Door,
}

impl Stage {
    /// Brings everybody on: real names on record, accounts with second factors, offices granted, two employers with
    /// their registrars, one backend registered. `doors` has `portal`, `operator`, `real-name-authority` and
    /// `bidding-platform`.
    ///
    /// # Panics
    /// If a door is missing.
    pub async fn set(doors: &Doors, province: &str) -> Answer<Self> {
        let door = |name: &str| doors.get(name).expect("a stage needs its doors").clone();
        let people: Vec<Person> = (0..8).map(Person::synthetic).collect();
        let real_names = RealNameAuthority {
            door: door("real-name-authority"),
        };
        real_names.record(&people.iter().collect::<Vec<_>>()).await?;
        let portal = door("portal");
        let own = format!("provinces/{province}");
        let citizen = Citizen::enroll(&portal, people[0].clone(), &["nation", own.as_str()]).await?;
        Operator {
            door: door("operator"),
        }
        .appoint(&citizen.account)
        .await?;
        let mut administrator = Administrator { citizen };
        administrator.citizen.sign_in().await?;
        let firms = [
            Firm::synthetic("江苏建证水利工程有限公司", province, 1),
            Firm::synthetic("无锡样本建设集团有限公司", province, 2),
        ];
        let checker = Checker::new(door("bidding-platform"));
        let stage = Self::fill(
            (province, portal),
            &people,
            administrator,
            (real_names, checker),
            &firms,
        )
        .await?;
        stage
            .administrator
            .register_client(
                "bidding-platform",
                "样本招标投标平台",
                &["verify:document-number", "feed"],
            )
            .await?;
        Ok(stage)
    }

    /// A stage of another province beside this one, with people of its own; for the nation the same everybody.
    ///
    /// # Panics
    /// If a door is missing.
    pub async fn beside(&mut self, province: &str) -> Answer<Self> {
        let people: Vec<Person> = (FIRST_BESIDE..FIRST_BESIDE + 8).map(Person::synthetic).collect();
        self.real_names.record(&people.iter().collect::<Vec<_>>()).await?;
        let own = format!("provinces/{province}");
        let mut citizen = Citizen::enroll(&self.door, people[0].clone(), &["nation", own.as_str()]).await?;
        self.administrator
            .appoint(&citizen.account, Role::NationalAdministrator, "")
            .await?;
        citizen.sign_in().await?;
        let firms = [
            Firm::synthetic("浙江样本水利建设有限公司", province, 1),
            Firm::synthetic("宁波样本建设集团有限公司", province, 2),
        ];
        let real_names = RealNameAuthority {
            door: self.real_names.door.clone(),
        };
        let others = (real_names, self.checker.clone());
        let administrator = Administrator { citizen };
        Self::fill(
            (province, self.door.clone()),
            &people,
            administrator,
            others,
            &firms,
        )
        .await
    }

    /// Officers in office and employers with their registrars; the first of the people is the administrator.
    async fn fill(
        (province, portal): (&str, Door),
        people: &[Person],
        mut administrator: Administrator,
        (real_names, checker): (RealNameAuthority, Checker),
        firms: &[Firm; 2],
    ) -> Answer<Self> {
        let own = format!("provinces/{province}");
        let audiences = ["nation", own.as_str()];
        let [_, accept, review, water, decide, announce, clerk_a, clerk_b] = people else {
            unreachable!("eight people were made");
        };
        let mut officers = Vec::new();
        let offices = [
            (accept, own.as_str()),
            (review, own.as_str()),
            (water, "ministries/water-resources"),
            (decide, "ministry"),
            (announce, own.as_str()),
        ];
        for (person, authority) in offices {
            let mut citizen = Citizen::enroll(&portal, person.clone(), &audiences).await?;
            administrator.appoint_officer(&citizen.account, authority).await?;
            citizen.sign_in().await?;
            officers.push(Officer { citizen });
        }
        let mut registrars = Vec::new();
        for (person, firm) in [clerk_a, clerk_b].into_iter().zip(firms) {
            let (employer, invitation) = administrator.register_employer(firm).await?;
            let citizen = Citizen::enroll(&portal, person.clone(), &audiences).await?;
            registrars.push(Registrar::join(citizen, employer, invitation).await?);
        }

        let mut officers = officers.into_iter();
        let mut officer = || officers.next().expect("five offices were filled");
        let mut registrars = registrars.into_iter();
        let mut registrar = || registrars.next().expect("two employers were registered");
        let mut stage = Self {
            province: province.to_owned(),
            administrator,
            real_names,
            accepting: officer(),
            reviewing: officer(),
            water: officer(),
            deciding: officer(),
            announcing: officer(),
            employer_a: registrar(),
            employer_b: registrar(),
            checker,
            door: portal,
        };
        // Enrolling took minutes of the register clock, and tokens live five.
        stage.sign_in_again().await?;
        Ok(stage)
    }

    /// A constructor with an account; `ordinal` tells holders of one story apart.
    pub async fn holder(&self, ordinal: u32) -> Answer<Holder> {
        self.holder_named(Person::synthetic(FIRST_HOLDER + ordinal)).await
    }

    /// An officer of any authority, appointed and signed in; `ordinal` tells those of one story apart.
    pub async fn officer(&mut self, ordinal: u32, authority: &str) -> Answer<Officer> {
        let citizen = self.in_role(ordinal, Role::Officer, authority).await?;
        Ok(Officer { citizen })
    }

    /// The leader (负责人) of an authority's officers; ordinals are theirs.
    pub async fn leader(&mut self, ordinal: u32, authority: &str) -> Answer<Officer> {
        let citizen = self.in_role(ordinal, Role::Leader, authority).await?;
        Ok(Officer { citizen })
    }

    /// An auditor of an authority; ordinals are those of officers.
    pub async fn auditor(&mut self, ordinal: u32, authority: &str) -> Answer<Auditor> {
        let citizen = self.in_role(ordinal, Role::Auditor, authority).await?;
        Ok(Auditor { citizen })
    }

    /// Somebody of an authority's help desk; ordinals are those of officers.
    pub async fn help_desk(&mut self, ordinal: u32, authority: &str) -> Answer<HelpDesk> {
        let citizen = self.in_role(ordinal, Role::HelpDesk, authority).await?;
        Ok(HelpDesk { citizen })
    }

    async fn in_role(&mut self, ordinal: u32, role: Role, authority: &str) -> Answer<Citizen> {
        let person = Person::synthetic(FIRST_OFFICER + ordinal);
        self.real_names.record(&[&person]).await?;
        let own = format!("provinces/{}", self.province);
        let mut citizen = Citizen::enroll(&self.door, person, &["nation", own.as_str()]).await?;
        self.administrator.citizen.sign_in().await?;
        self.administrator
            .appoint(&citizen.account, role, authority)
            .await?;
        citizen.sign_in().await?;
        Ok(citizen)
    }

    /// A chosen person as a constructor with an account.
    pub async fn holder_named(&self, person: Person) -> Answer<Holder> {
        self.real_names.record(&[&person]).await?;
        let own = format!("provinces/{}", self.province);
        let citizen = Citizen::enroll(&self.door, person, &["nation", own.as_str()]).await?;
        Ok(Holder {
            citizen,
            province: self.province.clone(),
        })
    }

    /// Signs everybody in again: after the register clock moved, their sessions have ended.
    pub async fn sign_in_again(&mut self) -> Answer<()> {
        for citizen in self.everybody() {
            citizen.sign_in().await?;
        }
        Ok(())
    }

    /// Everybody's tokens are good for another province, too, from their next sign-in on.
    pub fn go_to(&mut self, province: &str) {
        let audience = format!("provinces/{province}");
        for citizen in self.everybody() {
            if !citizen.audiences.contains(&audience) {
                citizen.audiences.push(audience.clone());
            }
        }
    }

    fn everybody(&mut self) -> [&mut Citizen; 8] {
        [
            &mut self.administrator.citizen,
            &mut self.accepting.citizen,
            &mut self.reviewing.citizen,
            &mut self.water.citizen,
            &mut self.deciding.citizen,
            &mut self.announcing.citizen,
            &mut self.employer_a.citizen,
            &mut self.employer_b.citizen,
        ]
    }
}
