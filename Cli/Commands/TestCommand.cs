using System.CommandLine;
using System.Globalization;
using System.Xml.Linq;
using OrleansFlow.Errors;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow test</c>: builds the whole solution and runs every test project; the last line is the sum.</summary>
internal static class TestCommand
{
    public static Command Create()
    {
        var only = new Argument<string[]>("projects") { Description = "Only these, for example Storage Grains.", Arity = ArgumentArity.ZeroOrMore };
        var noBuild = new Option<bool>("--no-build") { Description = "Use what was built last." };
        var command = new Command("test", "Build everything and run every test.") { only, noBuild };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(only) ?? [], !parsed.GetValue(noBuild), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string[] only, bool build, CancellationToken cancellationToken)
    {
        if (build && !await BuildAsync(cancellationToken))
        {
            return 1;
        }

        var projects = Directory.GetDirectories(Repository.Combine("Tests"))
            .Select(folder => Path.GetFileName(folder))
            .Where(name => File.Exists(Repository.Combine("Tests", name, $"OrleansFlow.Tests.{name}.csproj")) && IsSuite(name))
            .Order(StringComparer.Ordinal)
            .ToList();
        var unknown = only.Except(projects, StringComparer.OrdinalIgnoreCase).ToList();
        if (unknown.Count > 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"No test project '{unknown[0]}'. There are: {string.Join(' ', projects)}.");
        }

        var totals = new Totals();
        foreach (var project in projects.Where(name => only.Length == 0 || only.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            totals += await RunProjectAsync(project, cancellationToken);
        }

        Console.WriteLine();
        Console.WriteLine(totals);
        return totals.Failed == 0 && totals.Passed > 0 ? 0 : 1;
    }

    // Support is a library for the others.
    private static bool IsSuite(string name) => name != "Support";

    private static async Task<bool> BuildAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine("building the solution (Release)");

        // A compiler of this build's own stays warm from project to project, which takes half of the time. Where it cannot be ended here it ends by itself after ten minutes.
        var compiler = string.Create(CultureInfo.InvariantCulture, $"flow-{Environment.ProcessId}-test");
        await using var build = ChildProcess.Start(
            "dotnet",
            ["build", Repository.Combine("OrleansFlow.sln"), "-c", "Release", "-v", "q", "--nologo", "-nodeReuse:false", "-p:UseRazorBuildServer=false", "-p:UseSharedCompilation=true", $"-p:SharedCompilationId={compiler}"],
            onLine: Console.WriteLine);
        var isBuilt = await build.WaitAsync(cancellationToken) == 0;
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            // By a shell, which does without where there is no pkill.
            await using var end = ChildProcess.Start("sh", ["-c", $"pkill -f pipename:{compiler}"], onLine: static _ => { });
            await end.WaitAsync(cancellationToken);
        }

        return isBuilt;
    }

    private static async Task<Totals> RunProjectAsync(string name, CancellationToken cancellationToken)
    {
        var results = Repository.Combine("artifacts", "test-results", name + ".xml");
        Directory.CreateDirectory(Path.GetDirectoryName(results)!);
        File.Delete(results);
        Console.WriteLine($"-- {name}");
        await using var run = ChildProcess.StartDotNet(
            Repository.Assembly($"OrleansFlow.Tests.{name}"), ["-noLogo", "-noColor", "-xml", results], onLine: Console.WriteLine);
        var exitCode = await run.WaitAsync(cancellationToken);
        if (!File.Exists(results))
        {
            Console.WriteLine($"   {name} ended with exit code {exitCode} before it could report; that counts as one failure");
            return new Totals(0, 1, 0);
        }

        var assemblies = XDocument.Load(results).Descendants("assembly").ToList();
        int Sum(string attribute) =>
            assemblies.Sum(assembly => int.Parse((string?)assembly.Attribute(attribute) ?? "0", CultureInfo.InvariantCulture));
        var failed = Sum("failed") + Sum("errors");

        // A runner that ends badly without a failed test (a crash on the way out) must not pass.
        return new Totals(Sum("passed"), failed == 0 && exitCode != 0 ? 1 : failed, Sum("skipped") + Sum("not-run"));
    }

    private readonly record struct Totals(int Passed, int Failed, int Skipped)
    {
        public static Totals operator +(Totals left, Totals right) =>
            new(left.Passed + right.Passed, left.Failed + right.Failed, left.Skipped + right.Skipped);

        public override string ToString() =>
            $"{Passed} passed, {Failed} failed" + (Skipped > 0 ? $", {Skipped} skipped" : "");
    }
}
