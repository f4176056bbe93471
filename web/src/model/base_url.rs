//! The base URL of the page's calls: the folder of the page, since a proxy may serve both below a path.

/// Returns the URL of the page's folder without a trailing slash: `https://host/app` for a page at `/app/` or
/// `/app/index.html` of `https://host`.
pub fn base_url(origin: String, pathname: &str) -> String {
    let folder = pathname.rsplit_once('/').map_or("", |(folder, _)| folder);
    origin + folder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_url_is_the_folder_of_the_page() {
        for (pathname, expected) in [
            ("/", "https://a.example"),
            ("/index.html", "https://a.example"),
            ("/app/", "https://a.example/app"),
            ("/app/index.html", "https://a.example/app"),
            ("/one/two/", "https://a.example/one/two"),
            ("", "https://a.example"),
        ] {
            assert_eq!(base_url("https://a.example".to_owned(), pathname), expected, "{pathname}");
        }
    }
}
