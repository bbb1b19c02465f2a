//! The color of the deployment, made readable in light and in dark colors, as the account page does.

type Rgb = [f64; 3];

/// A background of the pages in light colors, and one in dark ones.
const LIGHT: Rgb = [236.0, 238.0, 241.0];
const DARK: Rgb = [26.0, 29.0, 35.0];
const BLACK: Rgb = [0.0; 3];
const WHITE: Rgb = [255.0; 3];
/// The minimum contrast between the color and the background.
const CONTRAST: f64 = 5.0;

/// The rules of a style sheet that set the color. Empty without a valid color.
pub(super) fn rules(color: &str) -> String {
    let Some(color) = parse(color) else { return String::new() };
    let light = readable(color, LIGHT, BLACK);
    let dark = readable(color, DARK, WHITE);
    format!(":root{{{}}}@media(prefers-color-scheme:dark){{:root{{{}}}}}", variables(light), variables(dark))
}

fn variables(color: Rgb) -> String {
    let [red, green, blue] = color;
    let on = if contrast(color, WHITE) >= 4.5 { "#fff" } else { "#000" };
    format!("--accent:rgb({red} {green} {blue});--on-accent:{on}")
}

/// A color such as `#0b57a4`.
fn parse(color: &str) -> Option<Rgb> {
    let is_valid = |digits: &&str| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let digits = color.strip_prefix('#').filter(is_valid)?;
    let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok().map(f64::from);
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// The color, moved towards black or white until it is readable on the background. `readable` in `app/brand.js` has the same steps,
/// so that the account page and the reference have the same color.
fn readable(color: Rgb, background: Rgb, towards: Rgb) -> Rgb {
    let mut color = color;
    for _ in 0..20 {
        if contrast(color, background) >= CONTRAST {
            break;
        }
        for (channel, target) in color.iter_mut().zip(towards) {
            *channel = (*channel + (target - *channel) * 0.12).round();
        }
    }
    color
}

fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The relative luminance of WCAG.
fn luminance(color: Rgb) -> f64 {
    let linear = |value: f64| {
        let part = value / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = color.map(linear);
    0.2126f64.mul_add(red, 0.7152f64.mul_add(green, 0.0722 * blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_color_becomes_readable_and_other_texts_set_none() {
        for color in ["#ffffff", "#000000", "#00aa55", "#ffee00"] {
            let color = parse(color).unwrap();
            assert!(contrast(readable(color, LIGHT, BLACK), LIGHT) >= CONTRAST);
            assert!(contrast(readable(color, DARK, WHITE), DARK) >= CONTRAST);
        }
        for invalid in ["", "#fff", "red", "#12345g", "#+1+2+3", "}body{display:none}", "#ééé"] {
            assert_eq!(rules(invalid), "", "{invalid}");
        }
    }

    /// The expected colors are those of `app/brand.js`.
    #[test]
    fn the_reference_has_the_color_of_the_account_page() {
        for (color, light, dark) in [
            ("#0b57a4", "rgb(11 87 164);--on-accent:#fff", "rgb(109 155 200);--on-accent:#000"),
            ("#d6336c", "rgb(165 40 84);--on-accent:#fff", "rgb(223 97 141);--on-accent:#000"),
            ("#ffee00", "rgb(104 98 0);--on-accent:#fff", "rgb(255 238 0);--on-accent:#000"),
        ] {
            let expected = format!(
                ":root{{--accent:{light}}}@media(prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}"
            );
            assert_eq!(rules(color), expected);
        }
    }
}
