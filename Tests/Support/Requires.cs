using Xunit;

namespace OrleansFlow.Tests;

/// <summary>
/// What a test needs beside the SDK. A missing part skips the test by name; with <c>FLOW_REQUIRE_ALL=1</c>, as in CI,
/// it fails instead, so that a skip can never hide a broken set-up.
/// </summary>
public static class Requires
{
    private static bool All => Environment.GetEnvironmentVariable("FLOW_REQUIRE_ALL") == "1";

    /// <summary>Skips the test, or fails it under <c>FLOW_REQUIRE_ALL=1</c>, when <paramref name="present"/> is false.</summary>
    public static void That(bool present, string what)
    {
        if (present)
        {
            return;
        }

        Assert.False(All, $"FLOW_REQUIRE_ALL=1 and this is missing: {what}");
        Assert.Skip($"needs {what}");
    }

    /// <summary>Path of a folder under the optional <c>shared/</c> beside the checkout; skips (never fails) where it is absent.</summary>
    public static string Shared(params string[] parts)
    {
        var path = Path.Combine([RepositoryRoot.Path, "..", "shared", .. parts]);
        Assert.SkipUnless(Path.Exists(path), $"needs the optional folder shared/{string.Join('/', parts)}");
        return Path.GetFullPath(path);
    }

    /// <summary>Finds an executable on PATH; null when there is none.</summary>
    public static string? OnPath(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? command + ".exe" : command))
            .FirstOrDefault(File.Exists);
}
