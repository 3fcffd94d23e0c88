using System.Globalization;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Errors;

namespace OrleansFlow.Tests.Decisions.Graphs;

public sealed class GraphParserTests
{
    private const string Valid = """
        {
          "version": 1, "name": "flights", "files": { "flights": "/data/f.parquet" }, "params": { "rows": 10, "mode": "fast" },
          "nodes": [
            { "id": "report", "role": "r.report", "depends_on": ["delays"] },
            { "id": "scan", "role": "r.scan", "tasks": 62, "params": { "rows": 20 }, "timeout_sec": 2.5, "priority": -3 },
            { "id": "delays", "role": "r.delays", "depends_on": ["scan"], "start_when": "first_batch", "retry": { "max": 7, "backoff_sec": 0.5 } }
          ]
        }
        """;

    [Fact]
    public void Parse_ValidDocument_CompilesIt()
    {
        var plan = GraphParser.Parse(Valid, new Dictionary<string, string> { ["airports"] = "/data/a.csv" }).RequirePlan();

        Assert.Equal([1, 2, 0], plan.Order);
        Assert.Equal(64, plan.TaskCount);
        Assert.Equal(["airports", "flights"], plan.Files.Keys);
        var scan = plan.Find("scan")!;
        Assert.Equal("""{"mode":"fast","rows":20}""", scan.ParamsJson);
        Assert.Equal((62, -3, TimeSpan.FromSeconds(2.5)), (scan.TaskCount, scan.Priority, scan.Policy.AttemptTimeout));
        Assert.Equal([2], scan.Exits.Select(exit => exit.Child));
        var delays = plan.Find("delays")!;
        Assert.All(delays.Edges, edge => Assert.True(edge.AtFirstBatch));
        Assert.Equal((7, TimeSpan.FromSeconds(0.5)), (delays.Policy.MaxRetries, delays.Policy.Backoff));
    }

    [Theory]
    [InlineData("", "graph_not_json")]
    [InlineData("[]", "graph_not_json")]
    [InlineData("{\"name\":\"x\",", "graph_not_json")]
    [InlineData("{}", "graph_missing_field name", "graph_missing_field nodes")]
    [InlineData("""{"name":"x","nodes":[]}""", "graph_empty nodes")]
    [InlineData("""{"name":"x","nodes":{}}""", "graph_bad_value nodes")]
    [InlineData("""{"name":"x","nodes":[3]}""", "graph_bad_value nodes[0]")]
    [InlineData("""{"version":2,"name":"x","nodes":[{"id":"a","role":"r"}]}""", "graph_bad_value version")]
    [InlineData("""{"name":"x","knodes":1,"nodes":[{"id":"a","role":"r","task":1}]}""", "graph_unknown_field knodes", "graph_unknown_field nodes[0].task")]
    [InlineData("""{"name":"x","nodes":[{"id":"a b","role":"r"}]}""", "graph_bad_id nodes[0].id")]
    [InlineData("""{"name":"x","nodes":[{"id":"a"},{"id":"a","role":"r"}]}""", "graph_missing_field nodes[0].role", "graph_duplicate_node nodes[1].id")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r","depends_on":["b",4]}]}""", "graph_bad_value nodes[0].depends_on[1]", "graph_unknown_node nodes[0].depends_on[0]")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r","depends_on":["a"]}]}""", "graph_cycle nodes[0].depends_on")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r","tasks":0,"fan_in":"most","start_when":"now"}]}""", "graph_bad_value nodes[0].tasks", "graph_bad_value nodes[0].start_when", "graph_bad_value nodes[0].fan_in")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"],"fan_in":"count:2"}]}""", "graph_bad_value nodes[1].fan_in")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r","when":"1 <"},{"id":"b","role":"r","depends_on":[{"node":"a","when":"parents.x.done"}]}]}""", "graph_bad_expression nodes[0].when", "graph_bad_expression nodes[1].depends_on[0].when")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r","when":"var.x"},{"id":"b","role":"r","depends_on":["a"],"when":"parents.a.ended"}]}""", "graph_bad_expression nodes[0].when", "graph_bad_expression nodes[1].when")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r","routing":{"on_failure":["b","x"],"on_end":[]}},{"id":"b","role":"r","depends_on":["a"]}]}""", "graph_unknown_field nodes[0].routing.on_end", "graph_bad_value nodes[0].routing.on_failure[0]", "graph_unknown_node nodes[0].routing.on_failure[1]")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a",{"node":"a"},7,{"node":"a","on":"end","extra":1}],"triggers":{"c":"on_batch","a":"now"}}]}""", "graph_bad_value nodes[1].triggers.a", "graph_bad_value nodes[1].depends_on[2]", "graph_unknown_field nodes[1].depends_on[3].extra", "graph_bad_value nodes[1].depends_on[3].on", "graph_unknown_node nodes[1].triggers.c", "graph_bad_value nodes[1].depends_on[1]", "graph_bad_value nodes[1].depends_on[2]")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":[{"node":"a","on":"failure","trigger":"on_batch"}]}]}""", "graph_bad_value nodes[1].depends_on[0]")]
    [InlineData("""{"name":"x","vars":{"a.$b":1},"deadline_sec":0,"nodes":[{"id":"a","fn":"vars.incr","role":"r"},{"id":"b","fn":"metrics.aggregate","args":{"node_id":"x"}},{"id":"c","role":"r","args":{}}]}""", "graph_bad_value deadline_sec", "graph_bad_value nodes[0].role", "graph_bad_value nodes[2].args", "graph_bad_value vars", "graph_bad_value nodes[0].args", "graph_bad_value nodes[1].args")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r","routing":{"on_success":["b"]}},{"id":"b","role":"r","routing":{"on_failure":["a"]}}]}""", "graph_cycle nodes[1].depends_on")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","role":"r","retry":{"max":-1,"often":true}}]}""", "graph_unknown_field nodes[0].retry.often", "graph_bad_value nodes[0].retry.max")]
    [InlineData("""{"name":"x","nodes":[{"id":"a","id":"b","role":"r"}]}""", "graph_bad_value nodes[0].id")]
    [InlineData("""{"name":"x","files":{"../x":"p","f":""},"nodes":[{"id":"a","role":"r"}]}""", "graph_bad_id files.../x", "graph_bad_value files.f")]
    public void Parse_FaultyDocument_NamesEveryProblem(string document, params string[] expected)
    {
        var problems = GraphParser.Parse(document).Problems;

        Assert.Equal(expected, problems.Select(problem => $"{problem.Code} {problem.Path}".TrimEnd()));
        Assert.All(problems, problem => Assert.NotEmpty(problem.Message));
    }

    [Fact]
    public void Parse_Cycle_NamesTheNodesInOrder()
    {
        var problem = Assert.Single(GraphParser.Parse(
            """{"name":"x","nodes":[{"id":"a","role":"r","depends_on":["c"]},{"id":"b","role":"r","depends_on":["a"]},{"id":"c","role":"r","depends_on":["b"]}]}""").Problems);

        Assert.Equal("graph_cycle", problem.Code);
        Assert.Contains("a -> c -> b -> a", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000, 1, true)]
    [InlineData(100_001, 1, false)]
    [InlineData(50_000, 2, true)]
    [InlineData(33_334, 3, false)]
    [InlineData(1, 100_000, true)]
    [InlineData(1, 100_001, false)]
    public void Parse_AtALimit_TellsBothSides(int tasks, int nodes, bool valid)
    {
        var list = string.Join(',', Enumerable.Range(0, nodes).Select(index => string.Create(
            CultureInfo.InvariantCulture, $$"""{"id":"n{{index}}","role":"r","tasks":{{tasks}}}""")));

        var result = GraphParser.Parse($$"""{"name":"x","nodes":[{{list}}]}""");

        Assert.Equal(valid, result.IsValid);
        Assert.All(result.Problems, problem => Assert.Equal("graph_too_large", problem.Code));
    }

    [Theory]
    [InlineData(62, true)]
    [InlineData(63, false)]
    public void Parse_DeepNesting_IsTooLarge(int depth, bool valid)
    {
        var nested = new string('[', depth) + new string(']', depth);
        var result = GraphParser.Parse($$"""{"name":"x","params":{"p":{{nested}}},"nodes":[{"id":"a","role":"r"}]}""");

        Assert.Equal(valid, result.IsValid);
        Assert.Equal(valid ? [] : ["graph_too_large"], result.Problems.Select(problem => problem.Code));
    }

    [Fact]
    public void Parse_OverOneMebibyte_IsTooLarge() =>
        Assert.Equal("graph_too_large", Assert.Single(GraphParser.Parse(new string(' ', GraphLimits.DocumentBytesMax) + "{}").Problems).Code);

    [Fact]
    public void Parse_LongChain_DoesNotOverflowTheStack()
    {
        var list = string.Join(',', Enumerable.Range(0, 1_000).Select(index => string.Create(
            CultureInfo.InvariantCulture, $$"""{"id":"n{{index}}","role":"r","depends_on":["n{{(index + 1) % 1_000}}"]}""")));

        Assert.Equal("graph_cycle", Assert.Single(GraphParser.Parse($$"""{"name":"x","nodes":[{{list}}]}""").Problems).Code);
    }

    [Fact]
    public void ContentHash_OtherSpellingOfTheSame_IsEqual()
    {
        var first = GraphParser.Parse("""{"name":"x","params":{"a":1,"b":[1,2]},"nodes":[{"id":"a","role":"r"}]}""").RequirePlan();
        var second = GraphParser.Parse("""{ "nodes": [ {"role":"r","id":"a","tasks":1,"depends_on":[]} ], "params":{"b":[1, 2],"a":1}, "name":"\u0078", "version": 1 }""").RequirePlan();

        Assert.Equal(first.ContentHash, second.ContentHash);
    }

    [Theory]
    [InlineData("""{"name":"x","params":{"a":2},"nodes":[{"id":"a","role":"r"}]}""")]
    [InlineData("""{"name":"x","params":{"a":1},"nodes":[{"id":"a","role":"r","priority":1}]}""")]
    [InlineData("""{"name":"x","params":{"a":1},"files":{"f":"p"},"nodes":[{"id":"a","role":"r"}]}""")]
    public void ContentHash_OtherMeaning_Differs(string other) => Assert.NotEqual(
        GraphParser.Parse("""{"name":"x","params":{"a":1},"nodes":[{"id":"a","role":"r"}]}""").RequirePlan().ContentHash,
        GraphParser.Parse(other).RequirePlan().ContentHash);

    [Fact]
    public void RequirePlan_FaultyDocument_ThrowsBadGraphWithTheProblems()
    {
        var exception = Assert.Throws<FlowException>(() => GraphParser.Parse("{}").RequirePlan());

        Assert.Equal(FlowErrorCode.BadGraph, exception.Code);
        Assert.Equal(2, exception.Problems.Count);
    }
}
