using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Sql.Planning;

namespace OrleansFlow.Tests.Streaming.Udfs;

/// <summary>Goal: methods of an assembly are called as those of source are. Method: an assembly that the test compiles.</summary>
public sealed class AssemblyFunctionTests : UdfTestBase
{
    private static readonly byte[] Library = Compile("namespace Rides.Fares { public static class Fare { public static double Total(double v, int? n) => v * 2 + (n ?? 0); public static int Fail(int a) => throw new System.FormatException(\"no\"); } }");

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Method_GivesWhatTheEngineGives()
    {
        var content = Convert.ToBase64String(Library);
        await AssertSameAsync(
            $"CREATE FUNCTION total(v DOUBLE, n INT NULL) RETURNS DOUBLE LANGUAGE assembly ENTRY 'Rides.Fares.Fare.Total' AS '{content}'; SELECT total(v, n) FROM e", "select v * 2 + coalesce(n, 0) from e");
        var failed = await FailedAsync($"CREATE FUNCTION bad(a INT) RETURNS INT LANGUAGE assembly ENTRY 'Rides.Fares.Fare.Fail' AS '{content}'; SELECT bad(1) FROM e");
        Assert.Contains("Function 'bad' (assembly) failed for (1): FormatException: no", failed.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task File_IsReadBesideTheText_OrWrittenIntoIt()
    {
        var folder = Directory.CreateTempSubdirectory("flow-udf-").FullName;
        try
        {
            await File.WriteAllBytesAsync(Path.Combine(folder, "fares.dll"), Library, Token);
            await File.WriteAllTextAsync(Path.Combine(folder, "twice.py"), "# $flow0$\ndef twice(a): return a * 2\n", Token);
            const string Text = """
                CREATE FUNCTION total(v DOUBLE, n INT NULL) RETURNS DOUBLE LANGUAGE assembly ENTRY 'Rides.Fares.Fare.Total' FROM 'fares.dll';
                CREATE FUNCTION twice(a INT) RETURNS INT FROM 'twice.py' LANGUAGE python;
                SELECT total(v, twice(n)) FROM e
                """;
            var read = FunctionFiles.Below(folder);
            await AssertSameAsync(FunctionFiles.Inline(Text, read), "select v * 2 + coalesce(n * 2, 0) from e");
            var planned = await StreamPlanner.PlanAsync(
                "CREATE TABLE i WITH (connector = 'impulse', event_rate = '1'); " + Text.Replace("SELECT total(v, twice(n)) FROM e", "SELECT twice(counter::INT) FROM i", StringComparison.Ordinal),
                new StreamPlanOptions { ReadFunctionFile = read },
                Token);
            Assert.Equal(["total", "twice"], planned.Functions.Select(one => one.Name));
            Assert.Equal(Library, planned.Functions[0].Content.ToByteArray());

            var missing = Assert.Throws<FlowException>(() => FunctionFiles.Inline(Text.Replace("fares.dll", "nothing.dll", StringComparison.Ordinal), read));
            Assert.StartsWith("Function 'total': FROM 'nothing.dll' cannot be read: ", missing.Message, StringComparison.Ordinal);
            var refused = await FailedAsync(Text);
            Assert.StartsWith("Function 'total' (assembly): FROM 'fares.dll' is a file, and files are not read here", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("'AAAA'", "its content is no .NET assembly")]
    [InlineData("'?'", "AS takes an assembly in Base64")]
    public async Task ContentThatIsNoAssembly_FailsTheStart(string content, string words)
    {
        var failed = await FailedAsync($"CREATE FUNCTION f(a INT) RETURNS INT LANGUAGE assembly AS {content}; SELECT f(n) FROM e");
        Assert.Equal(FlowErrorCode.BadFunction, failed.Code);
        Assert.StartsWith("Function 'f' (assembly): " + words, failed.Message, StringComparison.Ordinal);
    }

    private static byte[] Compile(string source)
    {
        using var image = new MemoryStream();
        var made = CSharpCompilation.Create("fares", [CSharpSyntaxTree.ParseText(source)], [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)], new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)).Emit(image);
        Assert.True(made.Success, string.Join("; ", made.Diagnostics));
        return image.ToArray();
    }
}
