//! A world, its people, and the steps that follow from a seed.

use std::time::{Duration, Instant};

use harness::{Role, SignalName, World};
use jiff::ToSpan as _;
use journeys::reconciling::the_registers_agree;
use testkit::actors::Holder;

use crate::chance::Chance;
use crate::fault::{self, registration};
use crate::invariant::Oracle;
use crate::operation::{Ended, Society};
use crate::people::{Cast, Constructor, PROVINCES, Phase};

/// Constructors at the beginning.
const PEOPLE: u32 = 6;
/// One step of so many in a hundred is a fault.
const FAULTS: usize = 25;
/// One operation of so many in a hundred has a process killed while it goes on.
const KILLS: usize = 10;
/// Time passes in so many of a hundred steps.
const TIME: usize = 5;
/// An officer orders something about everybody in so many of a hundred.
const ORDERS: usize = 8;
/// The system is mended and comes to rest after so many steps.
const STRETCH: u32 = 60;

/// Where a run ends; without both it does not, by itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Until {
    /// After so many steps.
    pub steps: Option<u32>,
    /// After so long.
    pub lasts: Option<Duration>,
}

impl Until {
    fn is_reached(self, steps: u32, began: Instant) -> bool {
        self.steps.is_some_and(|most| steps >= most) || self.lasts.is_some_and(|most| began.elapsed() >= most)
    }
}

/// One run.
pub struct Simulation {
    seed: u64,
    chance: Chance,
    world: World,
    society: Society,
    oracle: Oracle,
    people: u32,
    told: Vec<String>,
}

impl Simulation {
    /// Starts a world with two provinces and its people.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(seed: u64) -> Self {
        let world = World::start_linked(2.years().months(11).days(11), &fault::pairs()).await;
        let mut here = world.stage().await;
        let mut there = here.beside(PROVINCES[1]).await.expect("a second stage");
        let second = here.officer(1, "ministry").await.expect("appointed");
        for stage in [&mut here, &mut there] {
            for province in PROVINCES {
                stage.go_to(province);
            }
        }
        let mut society = Society {
            casts: [Cast::new(here), Cast::new(there)],
            people: Vec::new(),
            second,
            second_signed_in_at: jiff::Timestamp::MIN,
            publicities: Vec::new(),
        };
        for ordinal in 0..PEOPLE {
            society
                .people
                .push(Constructor::new(holder(&society, ordinal).await));
        }
        let oracle = Oracle::open(&world).await;
        Self {
            seed,
            chance: Chance::new(seed),
            world,
            society,
            oracle,
            people: PEOPLE,
            told: Vec::new(),
        }
    }

    /// Takes steps, then mends everything and lets it come to rest; returns steps and acts of the register.
    ///
    /// # Panics
    /// If something does not hold; the message says the seed and the last steps.
    pub async fn run(mut self, until: Until) -> (u32, i64) {
        let began = Instant::now();
        let mut steps = 0;
        while !until.is_reached(steps, began) {
            steps += 1;
            self.step().await;
            let broken = self.oracle.broken().await;
            self.holds(&broken);
            if steps % STRETCH == 0 {
                self.rest().await;
            }
        }
        self.rest().await;
        for cast in &mut self.society.casts {
            let stage = cast.ready().await.expect("everybody is there");
            the_registers_agree(stage).await;
        }
        let acts = self.oracle.announced().await;
        self.world.stop().await;
        (steps, acts)
    }

    async fn step(&mut self) {
        if self.chance.percent(TIME) {
            let told = self.society.wait(&mut self.chance);
            self.tell(told);
        } else if self.chance.percent(FAULTS) {
            let told = fault::befall(&mut self.world, &mut self.chance).await;
            self.tell(told);
        } else if self.chance.percent(KILLS) {
            self.step_amid_a_kill().await;
        } else if self.chance.percent(ORDERS) {
            let (told, ended) = self.society.order(&mut self.chance).await;
            self.judge(told, ended);
        } else {
            let (told, ended) = self.society.step(&mut self.chance).await;
            self.judge(told, ended);
        }
        self.replace_who_left().await;
    }

    /// A process is killed while an operation goes on.
    async fn step_amid_a_kill(&mut self) {
        let province = self.chance.below(2);
        let victims = [Role::Issuance, Role::Issuance, registration(province)];
        let victim = victims[self.chance.below(victims.len())].clone();
        let operation = self.society.step(&mut self.chance);
        let kill = self.world.fleet.end(&victim, SignalName::Kill);
        let ((told, ended), killed) = tokio::join!(operation, kill);
        killed.expect("killed");
        self.world.fleet.restart(&victim).await.expect("it comes back");
        self.judge(format!("{told}, {victim} killed meanwhile"), ended);
    }

    fn judge(&mut self, told: String, ended: Result<(), Ended>) {
        match ended {
            Ok(()) => self.tell(told),
            Err(Ended::Away(status)) => self.tell(format!("{told}: away, {}", status.message())),
            Err(Ended::Broken(status)) => self.tell(format!("{told}: broken off, {}", status.message())),
            Err(Ended::Refused(status)) => {
                self.tell(format!("{told}: refused"));
                self.fail(&format!("a lawful operation was refused: {status:?}"));
            }
        }
    }

    /// Everything mended comes to rest, with nothing missing and nothing twice.
    async fn rest(&mut self) {
        let told = fault::mended(&self.world);
        self.tell(told);
        let broken = self.oracle.broken_at_rest().await;
        self.holds(&broken);
        self.tell("at rest".to_owned());
    }

    async fn replace_who_left(&mut self) {
        let out = self.society.people.iter().position(|one| one.phase == Phase::Out);
        if let Some(index) = out {
            let newcomer = holder(&self.society, self.people).await;
            self.people += 1;
            self.society.people[index] = Constructor::new(newcomer);
        }
    }

    fn holds(&self, broken: &[String]) {
        if !broken.is_empty() {
            self.fail(&broken.join("; "));
        }
    }

    fn tell(&mut self, what: String) {
        eprintln!("{:>4} {what}", self.told.len() + 1);
        self.told.push(what);
    }

    fn fail(&self, why: &str) -> ! {
        let from = self.told.len().saturating_sub(30);
        panic!(
            "seed {}, step {}: {why}\n  {}",
            self.seed,
            self.told.len(),
            self.told[from..].join("\n  ")
        );
    }
}

/// Somebody new.
async fn holder(society: &Society, ordinal: u32) -> Holder {
    let stage = &society.casts[usize::from(ordinal % 2 == 1)].stage;
    stage.holder(ordinal).await.expect("enrolled")
}
