using System.Text.Json;
using OrleansFlow.Decisions.Expressions;

namespace OrleansFlow.Tests.Decisions.Expressions;

public sealed class ExpressionTests
{
    private const string Scope = """
        {
          "vars": { "n": 5, "half": 0.5, "text": "flow-eu", "list": ["a", 2, null], "object": { "a-b": { "x": true } }, "yes": true, "no": false, "in": 7 },
          "parents": { "scan": { "done": true, "rows": 120 } }
        }
        """;

    [Theory]
    [InlineData("true")]
    [InlineData("not false")]
    [InlineData("not not true")]
    [InlineData("vars.yes and not vars.no")]
    [InlineData("vars.no or vars.yes")]
    [InlineData("false and true or true")]
    [InlineData("not (false or false)")]
    [InlineData("vars.n == 5")]
    [InlineData("vars.n >= 5 and vars.n <= 5.0")]
    [InlineData("vars.n != 5.5")]
    [InlineData("vars.half < 1e0")]
    [InlineData("-1 < 0")]
    [InlineData("'a' < \"b\"")]
    [InlineData("vars.object['a-b'].x")]
    [InlineData("vars.list[1] == 2")]
    [InlineData("vars.list.0 == 'a'")]
    [InlineData("vars.in == 7")]
    [InlineData("'a' in vars.list")]
    [InlineData("null in vars.list")]
    [InlineData("'b' not in vars.list")]
    [InlineData("'a-b' in vars.object")]
    [InlineData("'eu' in vars.text")]
    [InlineData("vars.n in [1, 5, 9]")]
    [InlineData("[1, [2]] == [1, [2]]")]
    [InlineData("len(vars.list) == 3")]
    [InlineData("len(vars.text) == 7")]
    [InlineData("len([]) == 0")]
    [InlineData("starts_with(vars.text, 'flow')")]
    [InlineData("ends_with(vars.text, 'eu')")]
    [InlineData("contains(vars.list, 2)")]
    [InlineData("coalesce(vars.missing, vars.n) == 5")]
    [InlineData("coalesce(null) == null")]
    [InlineData("regex_match(vars.text, '^flow-[a-z]{2}$')")]
    [InlineData("parents.scan.done and parents.scan.rows > 100")]
    [InlineData("'it\\'s' == \"it's\"")]
    public void Condition_Holds(string text) => Assert.True(Evaluate(text).IsTrue, text);

    [Theory]
    [InlineData("false")]
    [InlineData("vars.missing")]
    [InlineData("vars.missing.deeper.still")]
    [InlineData("vars.n.deeper")]
    [InlineData("vars.list[9]")]
    [InlineData("nothing")]
    [InlineData("vars.n")]
    [InlineData("'true'")]
    [InlineData("1 == '1'")]
    [InlineData("null == false")]
    [InlineData("vars.missing < 1")]
    [InlineData("vars.missing >= 1")]
    [InlineData("'2' > 1")]
    [InlineData("true > false")]
    [InlineData("len(vars.n) == 0")]
    [InlineData("starts_with(vars.n, '5')")]
    [InlineData("regex_match(vars.missing, '.*')")]
    [InlineData("'a' in 5")]
    [InlineData("5 in 'a5'")]
    [InlineData("true and vars.no")]
    [InlineData("vars.object == vars.list")]
    public void Condition_DoesNotHold(string text) => Assert.False(Evaluate(text).IsTrue, text);

    [Theory]
    [InlineData("", 1, "missing")]
    [InlineData("   ", 1, "missing")]
    [InlineData("a = 1", 3, "use '=='")]
    [InlineData("1 < 2 < 3", 7, "do not chain")]
    [InlineData("a b", 3, "one word too many")]
    [InlineData("and", 1, "a value is missing")]
    [InlineData("a and", 6, "the end")]
    [InlineData("(a", 3, "')' is missing")]
    [InlineData("a.", 3, "a name is missing")]
    [InlineData("a[b]", 3, "quoted name")]
    [InlineData("'open", 1, "no end")]
    [InlineData("'\\x'", 2, "is unknown")]
    [InlineData("1x", 1, "is no number")]
    [InlineData("1e999", 1, "is no number")]
    [InlineData("a % 2", 3, "begins no value")]
    [InlineData("lens(a)", 1, "coalesce, contains, ends_with, len, regex_match, starts_with")]
    [InlineData("len()", 1, "takes 1 arguments, not 0")]
    [InlineData("len(a, b)", 1, "not 2")]
    [InlineData("regex_match(a, b)", 1, "quoted pattern")]
    [InlineData("regex_match(a, '(')", 1, "linear time")]
    [InlineData("regex_match(a, '(x)\\\\1')", 1, "linear time")]
    [InlineData("[1, 2", 6, "']' is missing")]
    public void Text_ThatIsNoExpression_IsRefusedWithItsPosition(string text, int position, string why)
    {
        var failure = Assert.Throws<ExpressionException>(() => Expression.Parse(text));

        Assert.StartsWith($"position {position}: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_AtTheLimitIsRead_BeyondItIsRefused()
    {
        Assert.True(Evaluate(Nested(Expression.DepthMax - 1)).IsTrue);
        Assert.Contains("deeper than 64", Assert.Throws<ExpressionException>(() => Expression.Parse(Nested(Expression.DepthMax))).Message, StringComparison.Ordinal);
        Assert.Throws<ExpressionException>(() => Expression.Parse(string.Concat(Enumerable.Repeat("not ", 200)) + "a"));
    }

    [Fact]
    public void Length_AtTheLimitIsRead_BeyondItIsRefused()
    {
        Expression.Parse(new string('a', Expression.LengthMax));
        Assert.Contains("at most 4096", Assert.Throws<ExpressionException>(() => Expression.Parse(new string('a', Expression.LengthMax + 1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Paths_AreNamedInOrder()
    {
        var expression = Expression.Parse("parents.scan.done and len(vars[\"a b\"][2]) > params.x");

        Assert.Equal(["parents.scan.done", "vars.a b.2", "params.x"], expression.Paths.Select(path => path.ToString()));
        Assert.Equal([0, 26, 44], expression.Paths.Select(path => path.Position));
    }

    [Fact]
    public void RandomTexts_AreReadOrRefused_NeverMore()
    {
        string[] words = ["a", ".", "b", "(", ")", "[", "]", ",", "and", "or", "not", "in", "==", "<", "1", "'t'", "len", "null", "-2", "\"", " "];
        var random = new Random(5);
        using var json = JsonDocument.Parse(Scope);
        for (var round = 0; round < 20_000; round++)
        {
            var text = string.Join(' ', Enumerable.Range(0, random.Next(1, 12)).Select(_ => words[random.Next(words.Length)]));
            try
            {
                Expression.Parse(text).Evaluate(new Root(json.RootElement));
            }
            catch (ExpressionException exception)
            {
                Assert.InRange(exception.Position, 0, text.Length);
            }
        }
    }

    private static string Nested(int depth) => new string('(', depth) + "true" + new string(')', depth);

    private static ExpressionValue Evaluate(string text)
    {
        using var json = JsonDocument.Parse(Scope);
        return Expression.Parse(text).Evaluate(new Root(json.RootElement));
    }

    private sealed class Root(JsonElement json) : IExpressionScope
    {
        public int Count => json.GetPropertyCount();

        public ExpressionValue Find(string name) => ExpressionValue.Of(json).Member(name);
    }
}
