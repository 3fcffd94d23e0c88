using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using OrleansFlow.Workflows.CodeGen;

namespace OrleansFlow.Tests.Workflows.CodeGen;

/// <summary>Goal: what [Mergeable] cannot serve is a build error that names the member and the way out; what it can serve compiles.</summary>
public sealed class MergeDiagnosticTests
{
    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(static path => MetadataReference.CreateFromFile(path))];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("[Mergeable] public partial record C(GrowCounter A, EventLog<string> B);")]
    [InlineData("[Mergeable] public readonly partial record struct C(GrowCounter A, [property: System.Obsolete] Fixed<int> B);")]
    [InlineData("[Mergeable] public sealed partial class C { public GrowCounter A { get; init; } = GrowCounter.Empty; }")]
    [InlineData("[Mergeable] public sealed partial class C(GrowCounter a, Fixed<int> b) { public GrowCounter A { get; } = a; public Fixed<int> B { get; } = b; }")]
    [InlineData("[Mergeable] public partial struct C { public required GrowCounter A { get; init; } public GrowCounter B; }")]
    [InlineData("[Mergeable] public partial record C<T>(LastWriter<T> A);")]
    [InlineData("[Mergeable] public partial record C<T>(T A) where T : IMergeable<T>;")]
    [InlineData("[Mergeable] public partial record Inner(GrowCounter A); [Mergeable] public partial record C(Inner A, MergeMap<Inner> B);")]
    [InlineData("public static partial class O { internal partial record P { [Mergeable] internal partial record struct @class(GrowCounter @new); } }")]
    [InlineData("[Mergeable] public partial record C(GrowCounter A) { public long Twice => A.Value * 2; public static int Count; public const int K = 1; }")]
    [InlineData("[Mergeable] public partial record C(GrowCounter A) { public C Merge(C other) => other; public static C Empty => new(GrowCounter.Empty); }")]
    [InlineData("[Mergeable] public sealed partial class C { private readonly GrowCounter _a; public C(GrowCounter a) => _a = a; public override bool Equals(object o) => true; public override int GetHashCode() => 0; }")]
    [InlineData("namespace Other { using OrleansFlow.Workflows.Contexts; [Mergeable] partial record C(GrowCounter A); }")]
    public void TypeOfMergeableMembers_CompilesWithoutADiagnostic(string source) => Assert.Empty(Run(source));

    [Theory]
    [InlineData("FLOW1001", "[Mergeable] public record Order(GrowCounter A);", "'Order' is not partial")]
    [InlineData("FLOW1001", "public class Shop { [Mergeable] public partial record Order(GrowCounter A); }", "'Shop' is not partial, so its merge cannot be added. Write 'partial' before its kind; 'Order' is inside it.")]
    [InlineData("FLOW1002", "[Mergeable] public partial record Order(int Items);", "Member 'Items' of 'Order' does not merge: int is a plain value. Use GrowCounter or UpDownCounter for a count, Fixed<int> for what is set once, LastWriter<int> for what is overwritten.")]
    [InlineData("FLOW1002", "[Mergeable] public partial record Order(string Note);", "Member 'Note' of 'Order' does not merge: string is no IMergeable<string>. Use Fixed<string> for what is set once, LastWriter<string> for what is overwritten")]
    [InlineData("FLOW1002", "public enum Kind { A } [Mergeable] public partial record Order(Kind Kind);", "which of two values of enum Kind stands is not said. Use Fixed<Kind>")]
    [InlineData("FLOW1002", "[Mergeable] public partial record Order((GrowCounter A, GrowCounter B) Pair);", "Member 'Pair' of 'Order' does not merge: (GrowCounter A, GrowCounter B) is a tuple")]
    [InlineData("FLOW1002", "[Mergeable] public partial record Order(System.Collections.Generic.List<int> Lines);", "Use EventLog<int> for what is appended")]
    [InlineData("FLOW1002", "[Mergeable] public partial record Order(string[] Lines);", "Use EventLog<string> for what is appended")]
    [InlineData("FLOW1002", "[Mergeable] public partial record Order(System.Collections.Generic.HashSet<int> Tags);", "Use AddWinsSet<int> for a set")]
    [InlineData("FLOW1002", "[Mergeable] public partial record Order(System.Collections.Generic.Dictionary<string, int> Map);", "Use MergeMap<…> for values by key")]
    [InlineData("FLOW1002", "[Mergeable] public partial record Order<T>(T Any);", "Member 'Any' of 'Order' does not merge: T is no IMergeable<T>")]
    [InlineData("FLOW1002", "[Mergeable] public partial class Order { private int _count; public GrowCounter A { get; init; } }", "Member '_count' of 'Order'")]
    [InlineData("FLOW1003", "[Mergeable] public partial record Order(GrowCounter? Items);", "Member 'Items' of 'Order' may be null. Say GrowCounter, and use its Empty for nothing.")]
    [InlineData("FLOW1004", "[Mergeable] public partial class Order { public GrowCounter Items { get; } = GrowCounter.Empty; }", "Member 'Items' of 'Order' cannot be set by its merge")]
    [InlineData("FLOW1005", "[Mergeable] public enum Order { A }", "'Order' cannot merge member by member: which of two values of an enum stands is not said")]
    [InlineData("FLOW1005", "[Mergeable] public partial interface Order { }", "only records, classes and structs")]
    [InlineData("FLOW1005", "[Mergeable] public abstract partial record Order(GrowCounter A);", "it cannot be made")]
    [InlineData("FLOW1005", "public record Base; [Mergeable] public partial record Order(GrowCounter A) : Base;", "it derives from Base, whose members a merge would lose")]
    [InlineData("FLOW1006", "[Mergeable] public partial record Order { public int Computed => 1; }", "'Order' has no members that could merge")]
    public void Mistake_IsOneErrorThatNamesTheMemberAndTheWayOut(string id, string source, string message)
    {
        var diagnostic = Assert.Single(Run(source, compiles: false));

        Assert.Equal((id, DiagnosticSeverity.Error), (diagnostic.Id, diagnostic.Severity));
        Assert.Contains(message, diagnostic.GetMessage(null), StringComparison.Ordinal);
        Assert.True(diagnostic.Location.GetLineSpan().IsValid);
    }

    [Fact]
    public void SeveralMistakes_AreReportedTogether() =>
        Assert.Equal(["A", "C"], Run("[Mergeable] public partial record Order(int A, GrowCounter B, string C);", compiles: false).Select(static found => found.GetMessage(null)[8..9]));

    [Fact]
    public void UnchangedTypes_AreNotGeneratedAgain()
    {
        var compilation = Compile("[Mergeable] public partial record C(GrowCounter A);");
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new MergeGenerator().AsSourceGenerator()],
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

        driver = driver.RunGenerators(compilation, Token);
        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Other;", cancellationToken: Token)), Token);

        Assert.All(
            driver.GetRunResult().Results[0].TrackedOutputSteps.SelectMany(static step => step.Value).SelectMany(static run => run.Outputs),
            static output => Assert.Contains(output.Reason, (IncrementalStepRunReason[])[IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged]));
    }

    private static List<Diagnostic> Run(string source, bool compiles = true)
    {
        var driver = CSharpGeneratorDriver.Create(new MergeGenerator());
        driver.RunGeneratorsAndUpdateCompilation(Compile(source), out var output, out var diagnostics, Token);
        if (compiles)
        {
            Assert.Empty(output.GetDiagnostics(Token).Where(static found => found.Severity == DiagnosticSeverity.Error));
        }

        return [.. diagnostics];
    }

    private static CSharpCompilation Compile(string source) => CSharpCompilation.Create(
        "Sample",
        [CSharpSyntaxTree.ParseText(source.StartsWith("namespace", StringComparison.Ordinal) ? source : "using OrleansFlow.Workflows.Contexts; " + source, path: "Sample.cs")],
        References,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
}
