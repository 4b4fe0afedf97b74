//! `jianzheng admin availability`: every answer of ExplainAvailability, as `docs/availability.md`.

use domain::availability::AvailabilityStep;

/// The page.
pub fn page() -> String {
    let mut page = String::from(
        "# Availability (证书查询)\n\n\
         `RegistrationService.ExplainAvailability` answers a holder, a registrar of the holder's employer, an officer and the help\n\
         desk: where a certificate stands, since when, who acts next and by when, and what the person can do. The last day comes\n\
         from the step's clock in working days; while the clock is paused (行政许可法 art 45) there is none, and since when and why\n\
         is told. Beside an application under way `registration_step` tells where the present registration stands. What only the\n\
         nation knows comes from `StandingService`; while it does not answer, `nation_unreachable` says so. Each case is reached\n\
         by a test in `services/registration/tests/registration/availability.rs`. This page is printed by\n\
         `jianzheng admin availability` and compared by a test.\n\n\
         | case | where it stands | meaning | who acts next | what the person can do | |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for step in AvailabilityStep::ALL {
        let (text, next, actor) = (step.text(), step.next(), step.actor().text());
        page.push_str(&format!(
            "| `{}` | {} | {} | {} ({}) | {} | {} |\n",
            step.code(),
            text.zh,
            text.en,
            actor.zh,
            actor.en,
            next.zh,
            next.en
        ));
    }
    page
}
