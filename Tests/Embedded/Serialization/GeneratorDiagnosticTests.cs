using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Orleans.CodeGen.Serialization;

namespace OrleansFlow.Tests.Embedded.Serialization;

/// <summary>What the generator says about types that it cannot serialize, or not wholly.</summary>
public sealed class GeneratorDiagnosticTests
{
    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(static path => MetadataReference.CreateFromFile(path))];

    [Fact]
    public void MemberWithoutId_IsAWarning()
    {
        var diagnostic = Assert.Single(Run("[GenerateSerializer] public class C { [Id(0)] public int A { get; set; } public int B { get; set; } }"));

        Assert.Equal(("ORLEANS0004", DiagnosticSeverity.Warning), (diagnostic.Id, diagnostic.Severity));
        Assert.Contains("'B' of 'C'", diagnostic.GetMessage(null), StringComparison.Ordinal);
        Assert.True(diagnostic.Location.GetLineSpan().IsValid);
    }

    [Theory]
    [InlineData("[GenerateSerializer] public class C { [NonSerialized] private int _a; [field: NonSerialized] public int B { get; set; } }")]
    [InlineData("[GenerateSerializer] public class C { public int Sum => 1; public static int S; public const int K = 1; public event Action E; }")]
    [InlineData("[GenerateSerializer] public record R(int A, string B);")]
    [InlineData("[GenerateSerializer] public record struct R([property: Id(0)] int A);")]
    [InlineData("[GenerateSerializer] public record R(int A) { [Id(0)] public int B { get; init; } }")]
    [InlineData("[GenerateSerializer] public enum E { A }")]
    [InlineData("[GenerateSerializer] public class X : Exception { }")]
    [InlineData("public class O { [GenerateSerializer] internal class C<T> where T : class, new() { [Id(0)] private T @class; } }")]
    [InlineData("[GenerateSerializer] public class C { [Id(0)] public required int A { get; init; } private C() { } }")]
    public void CleanType_HasNoDiagnosticAndCompiles(string source) => Assert.Empty(Run(source));

    [Theory]
    [InlineData("ORLEANS0012", "[GenerateSerializer] public class C { [Id(1)] public int A; [Id(1)] public int B; }")]
    [InlineData("ORLEANS0107", "public class O { [GenerateSerializer] private class C { } }")]
    [InlineData("ORLEANS0107", "[GenerateSerializer] file class C { }")]
    [InlineData("ORLEANS0011", "[GenerateSerializer, Alias(\"x\")] public class A { } [GenerateSerializer, Alias(\"x\")] public class B { }")]
    [InlineData("ORLEANSEMB001", "[GenerateSerializer] public class C { [Id(0)] public int A => 1; }")]
    [InlineData("ORLEANSEMB002", "public class B { public int A; } [GenerateSerializer] public class C : B { }")]
    [InlineData("ORLEANSEMB003", "[RegisterConverter] public class C { }")]
    [InlineData("ORLEANSEMB003", "[RegisterSerializer] public class C { }")]
    [InlineData("ORLEANSEMB004", "[GenerateSerializer] public class C { [OrleansConstructor] public C(int a) { } }")]
    public void Mistake_IsReportedOnce(string id, string source) => Assert.Equal([id], Run(source).Select(static found => found.Id));

    [Fact]
    public void SerializerTransparentBase_IsNoMistake() => Assert.Empty(
        Run("[SerializerTransparent] public class B { public int A; } [GenerateSerializer] public class C : B { }"));

    [Fact]
    public void UnchangedTypes_AreNotGeneratedAgain()
    {
        var compilation = Compile("[GenerateSerializer] public record R(int A);");
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new SerializationGenerator().AsSourceGenerator()],
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

        driver = driver.RunGenerators(compilation, TestContext.Current.CancellationToken);
        driver = driver.RunGenerators(
            compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Other;", cancellationToken: TestContext.Current.CancellationToken)),
            TestContext.Current.CancellationToken);

        Assert.All(
            driver.GetRunResult().Results[0].TrackedOutputSteps.SelectMany(static step => step.Value).SelectMany(static run => run.Outputs),
            static output => Assert.Contains(output.Reason, (IncrementalStepRunReason[])[IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged]));
    }

    private static List<Diagnostic> Run(string source)
    {
        var driver = CSharpGeneratorDriver.Create(new SerializationGenerator());
        driver.RunGeneratorsAndUpdateCompilation(
            Compile(source), out var output, out var diagnostics, TestContext.Current.CancellationToken);

        Assert.Empty(output.GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(static found => found.Severity == DiagnosticSeverity.Error));
        return [.. diagnostics];
    }

    private static CSharpCompilation Compile(string source) => CSharpCompilation.Create(
        "Sample",
        [CSharpSyntaxTree.ParseText("using System; using Orleans; " + source, path: "Sample.cs")],
        References,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
}
