using System.Text.Json;
using OrleansFlow.Decisions.Variables;

namespace OrleansFlow.Tests.Decisions.Variables;

/// <summary>The limits are those of the specification's table of vectors, both sides of each.</summary>
public sealed class VariableRulesTests
{
    private static readonly VariableRules Rules = new(new SensitiveValueDetector(8), blocksSensitive: false);

    [Fact]
    public void Set_OfDottedAndNestedKeys_LeadsToTheSamePaths()
    {
        var outcome = Rules.Set(RunVariables.Empty, Json("""{"a.b":1,"a":{"c":[1,{"x":2}]},"d":null}"""));

        Assert.Null(outcome.Refused);
        Assert.Equal(["a.b", "a.c", "d"], outcome.Keys);
        Assert.Equal("""{"a":{"b":1,"c":[1,{"x":2}]},"d":null}""", outcome.Variables.ToJson());
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("""{"e":{}}""", 0)]
    [InlineData("""{"a":1,"b":2}""", 2)]
    public void Set_CountsTheValuesItWrote(string values, int touched) => Assert.Equal(touched, Rules.Set(RunVariables.Empty, Json(values)).Touched);

    [Theory]
    [InlineData("""{"a":1,"a.b":2}""", "'a' is a value")]
    [InlineData("""{"a.b":1,"a":{"b":2}}""", "written twice")]
    [InlineData("""{"":1}""", "empty name")]
    [InlineData("""{"a..b":1}""", "empty name")]
    [InlineData("""{"a.$b":1}""", "begins with '$'")]
    [InlineData("""{"a\u0000b":1}""", "NUL")]
    [InlineData("""{"n":1e999}""", "too large")]
    [InlineData("[]", "JSON object")]
    public void Set_OfAFaultyObject_ChangesNothing(string values, string why) => AssertRefused(Rules.Set(Start("""{"k":1}"""), Json(values)), why, """{"k":1}""");

    [Theory]
    [InlineData("""{"k.deeper":1}""", "'k' is a value")]
    [InlineData("""{"o":1}""", "'o' is an object")]
    public void Set_AcrossTheKindOfWhatIsThere_IsRefused_MergeReplacesIt(string values, string why)
    {
        const string Before = """{"k":1,"o":{"x":1}}""";

        AssertRefused(Rules.Set(Start(Before), Json(values)), why, Before);
        Assert.Null(Rules.Merge(Start(Before), Json(values)).Refused);
    }

    [Fact]
    public void Merge_LaysObjectsOverEachOther_AndReplacesTheRest()
    {
        var outcome = Rules.Merge(Start("""{"a":{"x":1,"y":[1]},"b":{"c":1},"d":2}"""), Json("""{"a":{"y":[2],"z":3},"b":7,"d":{"e":1}}"""));

        Assert.Equal("""{"a":{"x":1,"y":[2],"z":3},"b":7,"d":{"e":1}}""", outcome.Variables.ToJson());
    }

    [Fact]
    public void Segments_FourteenAreWritten_FifteenAreRefused_IncrementTakesTwenty()
    {
        Assert.Null(Rules.Set(RunVariables.Empty, Json($$"""{"{{Path(14)}}":1}""")).Refused);
        Assert.Contains("at most 14", Rules.Set(RunVariables.Empty, Json($$"""{"{{Path(15)}}":1}""")).Refused, StringComparison.Ordinal);
        Assert.Null(VariableRules.Unset(RunVariables.Empty, [Path(14)]).Refused);
        Assert.NotNull(VariableRules.Unset(RunVariables.Empty, [Path(15)]).Refused);
        Assert.Null(VariableRules.Increment(RunVariables.Empty, Path(20), Json("1")).Refused);
    }

    [Theory]
    [InlineData(256, 1, 1, null)]
    [InlineData(257, 1, 1, "at most 256")]
    [InlineData(1, 128, 1, null)]
    [InlineData(1, 129, 1, "at most 128")]
    [InlineData(1, 1, 65_536, null)]
    [InlineData(1, 1, 65_537, "at most 65536")]
    public void Limits_HoldOnBothSides(int paths, int nameChars, int textChars, string? why)
    {
        var values = Enumerable.Range(0, paths).ToDictionary(index => paths == 1 ? new string('n', nameChars) : $"k{index}", _ => new string('v', textChars));

        var refused = Rules.Set(RunVariables.Empty, JsonSerializer.SerializeToElement(values)).Refused;

        Assert.Equal(why is null, refused is null);
        Assert.Contains(why ?? "", refused ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Total_OverAMebibyte_IsRefused()
    {
        var state = RunVariables.Empty;
        string? refused = null;
        var written = 0;
        for (; refused is null; written++)
        {
            var outcome = Rules.Set(state, JsonSerializer.SerializeToElement(new Dictionary<string, string> { [$"k{written}"] = new('v', 65_000) }));
            (state, refused) = (outcome.Variables, outcome.Refused);
        }

        Assert.Equal(17, written);
        Assert.Contains("at most 1048576", refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Increment_MakesTheNumberAndAddsToIt()
    {
        var state = RunVariables.Empty;
        foreach (var by in new[] { "10", "-3", "0.5", "true", "false" })
        {
            state = VariableRules.Increment(state, "a.n", Json(by)).Variables;
        }

        Assert.Equal("""{"a":{"n":8.5}}""", state.ToJson());
        Assert.Equal("""{"n":9007199254740994}""", VariableRules.Increment(Start("""{"n":9007199254740993}"""), "n", Json("1")).Variables.ToJson());
        AssertRefused(VariableRules.Increment(Start("""{"n":"1"}"""), "n", Json("1")), "no number", """{"n":"1"}""");
        AssertRefused(VariableRules.Increment(Start("""{"n":{"x":1}}"""), "n", Json("1")), "is an object", """{"n":{"x":1}}""");
        AssertRefused(VariableRules.Increment(RunVariables.Empty, "n", Json("\"1\"")), "give a number", "{}");
        AssertRefused(VariableRules.Increment(Start("""{"n":1.7e308}"""), "n", Json("1.7e308")), "finite", """{"n":1.7e308}""");
    }

    [Fact]
    public void Unset_RemovesWhatIsThere_AndTheObjectsItLeavesEmpty()
    {
        var outcome = VariableRules.Unset(Start("""{"a":{"b":{"c":1}},"k":{"x":1,"y":2},"z":1}"""), ["a.b.c", "k.x", "missing.path", "z.deeper"]);

        Assert.Equal(4, outcome.Touched);
        Assert.Equal("""{"k":{"y":2},"z":1}""", outcome.Variables.ToJson());
        Assert.Equal(0, VariableRules.Unset(RunVariables.Empty, []).Touched);
    }

    [Fact]
    public void SensitiveValue_IsCounted_OrRefusedWhereThatIsAsked()
    {
        var values = Json("""{"plain":"short","token":"AKIAABCDEFGHIJKLMNOP"}""");

        var counted = new VariableRules(new SensitiveValueDetector(), blocksSensitive: false).Set(RunVariables.Empty, values);
        var blocked = new VariableRules(new SensitiveValueDetector(), blocksSensitive: true).Set(RunVariables.Empty, values);

        Assert.Equal((2, 1), (counted.Touched, counted.SensitiveHits));
        AssertRefused(blocked, "'token' looks like a secret", "{}");
        Assert.DoesNotContain("AKIA", blocked.Refused, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_RoundTrips()
    {
        const string Text = """{"a":{"b":[1,null,{"c":true}]},"z":"\u00E4"}""";

        Assert.Equal(Text, RunVariables.Parse(Text).ToJson());
        Assert.Throws<JsonException>(() => RunVariables.Parse("[]"));
    }

    private static JsonElement Json(string text) => JsonElement.Parse(text);

    private static RunVariables Start(string json) => RunVariables.Parse(json);

    private static string Path(int segments) => string.Join('.', Enumerable.Repeat("s", segments));

    private static void AssertRefused(VariableOutcome outcome, string why, string unchanged)
    {
        Assert.Contains(why, outcome.Refused, StringComparison.Ordinal);
        Assert.Equal(unchanged, outcome.Variables.ToJson());
        Assert.Equal(0, outcome.Touched);
    }
}
