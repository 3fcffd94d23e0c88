using System.Collections.Immutable;
using System.Text.Json;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Inputs;
using OrleansFlow.Errors;
using OrleansFlow.Inputs;

namespace OrleansFlow.Tests.Decisions.Inputs;

/// <summary>Every argument that is unknown, missing or of the wrong type is found, named, and found with all others at once.</summary>
public sealed class AdapterArgumentsTests
{
    private static readonly Dictionary<string, AdapterSchema> None = [];

    [Theory]
    [InlineData("pull.from_artifacts", null)]
    [InlineData("pull.from_artifacts", """{"from_nodes":["a","b"],"poll_ms":1,"eof_on_task_done":false,"backoff_max_ms":3600000,"share":"all"}""")]
    [InlineData("pull.from_artifacts", """{"from_nodes":[]}""")]
    [InlineData("pull.from_artifacts", """{"from_node":"a","from_nodes":null}""")]
    [InlineData("pull.artifacts", """{"from_node":"b"}""")]
    [InlineData("pull.from.upstream", "{}")]
    [InlineData("pull.from_artifacts.rechunk:size", """{"size":1}""")]
    [InlineData("pull.from_artifacts.rechunk", """{"size":2147483647,"meta_list_key":"items"}""")]
    [InlineData("pull.rechunk", """{"size":4,"from_node":"a"}""")]
    [InlineData("pull.files", """{"paths":["*.csv"],"format":"csv","columns":["x"],"batch_rows":1048576}""")]
    [InlineData("pull.query", """{"statement":"SELECT 1","from_nodes":["a"],"files":{"t":"t.parquet"},"batch_rows":1}""")]
    [InlineData("pull.cursor", """{"connection":"db","table":"t","key":["id"],"columns":["id","v"]}""")]
    [InlineData("pull.cursor", """{"connection":"db","query":"SELECT * FROM t","key":["a","b"]}""")]
    public void Arguments_ThatAreRight_AreTaken(string adapter, string? args) => Assert.Empty(ProblemsOf(adapter, args));

    [Theory]
    [InlineData("pull.from_artifacts", """{"from_node":"a","from_nodes":["b"]}""", "from_nodes")]
    [InlineData("pull.from_artifacts", """{"from_nodes":"a"}""", "from_nodes")]
    [InlineData("pull.from_artifacts", """{"from_nodes":["a",""]}""", "from_nodes")]
    [InlineData("pull.from_artifacts", """{"from_nodes":["a","a"]}""", "from_nodes")]
    [InlineData("pull.from_artifacts", """{"from_nodes":["x"]}""", "from_nodes")]
    [InlineData("pull.from_artifacts", """{"from_node":"x"}""", "from_node")]
    [InlineData("pull.from_artifacts", """{"from_node":7}""", "from_node")]
    [InlineData("pull.from_artifacts", """{"poll_ms":0}""", "poll_ms")]
    [InlineData("pull.from_artifacts", """{"poll_ms":1.5}""", "poll_ms")]
    [InlineData("pull.from_artifacts", """{"poll_ms":"300"}""", "poll_ms")]
    [InlineData("pull.from_artifacts", """{"backoff_max_ms":3600001}""", "backoff_max_ms")]
    [InlineData("pull.from_artifacts", """{"eof_on_task_done":1}""", "eof_on_task_done")]
    [InlineData("pull.from_artifacts", """{"share":"some"}""", "share")]
    [InlineData("pull.from_artifacts", """{"size":4}""", "size")]
    [InlineData("pull.from_artifacts", """{"meta_list_key":"items"}""", "meta_list_key")]
    [InlineData("pull.from_artifacts", """{"poll_ms":1,"poll_ms":2}""", "poll_ms")]
    [InlineData("pull.rechunk", "{}", "size")]
    [InlineData("pull.rechunk", """{"size":0}""", "size")]
    [InlineData("pull.rechunk", """{"size":-1}""", "size")]
    [InlineData("pull.rechunk", """{"size":2147483648}""", "size")]
    [InlineData("pull.rechunk", """{"size":"4"}""", "size")]
    [InlineData("pull.rechunk", """{"size":true}""", "size")]
    [InlineData("pull.rechunk", """{"size":4,"meta_list_key":7}""", "meta_list_key")]
    [InlineData("pull.rechunk", """{"size":4,"meta_list_key":""}""", "meta_list_key")]
    [InlineData("pull.files", "{}", "paths")]
    [InlineData("pull.files", """{"paths":[]}""", "paths")]
    [InlineData("pull.files", """{"paths":["x"],"format":"xls","batch_rows":0}""", "format", "batch_rows")]
    [InlineData("pull.query", """{"files":[]}""", "statement", "files")]
    [InlineData("pull.cursor", "{}", "connection", "key", "table")]
    [InlineData("pull.cursor", """{"connection":"c","key":["k"],"table":"t","query":"q"}""", "table")]
    [InlineData("pull.cursor", """{"connection":"c","key":[],"query":"q","columns":["k"]}""", "columns", "key")]
    [InlineData("pull.rechunk", """{"sise":4,"from_nodes":3,"share":null}""", "sise", "from_nodes", "size")]
    public void Arguments_ThatAreUnknownMissingOrMistyped_AreAllNamedAsBadInputArgs(string adapter, string args, params string[] expected)
    {
        var problems = ProblemsOf(adapter, args);

        Assert.Equal(expected, problems.Select(problem => problem.Path["nodes[2].input.args.".Length..]).Distinct());
        Assert.All(problems, problem => Assert.Equal("bad_input_args", problem.Code));
        Assert.All(problems, problem => Assert.Contains($"'{problem.Path.Split('.')[^1]}'", problem.Message + $"'{problem.Path.Split('.')[^1]}'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("pull.query", """{"statement":"SELECT 1"}""")]
    [InlineData("pull.cursor", """{"connection":"c","table":"t","key":["k"]}""")]
    public void Sequence_OfANodeWithSeveralTasks_IsRefused(string adapter, string args)
    {
        var problem = Assert.Single(ProblemsOf(adapter, args, tasks: 2));

        Assert.Equal(("bad_input_args", "nodes[2].input.args"), (problem.Code, problem.Path));
        Assert.Contains("2 tasks", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Submit_OfAnAdapterThatNobodyAnnounced_NamesEveryProblemWithItsPath()
    {
        var document = """
            {"name":"x","nodes":[
              {"id":"a","role":"r","input":{"adapter":"own.one","args":{"n":1}}},
              {"id":"b","role":"r","depends_on":["gone"],"input":{"adapter":"pull.files","args":{"path":"x"}}},
              {"id":"c","role":"r","input":{"adapter":"own.two","args":{"n":"1","m":2}}},
              {"id":"d","role":"r","input":{"adapter":"own.three","allow_unknown_adapter":true}}]}
            """;
        var announced = new Dictionary<string, AdapterSchema> { ["own.two"] = new("own.two", [new AdapterArgument("n", AdapterArgumentKind.WholeNumber)]) };

        var result = GraphParser.Parse(document, null, announced);

        Assert.Equal(
            [
                "graph_unknown_node nodes[1].depends_on[0]",
                "bad_input_adapter nodes[0].input.adapter",
                "bad_input_args nodes[1].input.args.path",
                "bad_input_args nodes[1].input.args.paths",
                "bad_input_args nodes[2].input.args.m",
                "bad_input_args nodes[2].input.args.n",
            ],
            result.Problems.Select(problem => $"{problem.Code} {problem.Path}"));
        Assert.Equal(["own.one", "own.three", "own.two"], result.ForeignAdapters);
        Assert.Contains("'own.one'", result.Problems[1].Message, StringComparison.Ordinal);
        Assert.Contains("own.two, pull.cursor", result.Problems[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_WithoutWhatWasAnnounced_SaysNothingAboutForeignAdapters() =>
        Assert.True(GraphParser.Parse("""{"name":"x","nodes":[{"id":"a","role":"r","input":{"adapter":"own"}}]}""").IsValid);

    [Fact]
    public void Alias_IsCompiledToItsName_AndIsTheSameGraph()
    {
        var one = PlanOf("pull.rechunk", """{"size":4,"from_node":"a"}""");
        var other = PlanOf("pull.from_artifacts.rechunk:size", """{ "from_node": "a", "size": 4 }""");

        Assert.Equal(new InputPlan("pull.from_artifacts.rechunk:size", """{"from_node":"a","size":4}"""), one.Find("c")!.Input);
        Assert.Equal(one.ContentHash, other.ContentHash);
        Assert.NotEqual(one.ContentHash, PlanOf("pull.rechunk", """{"size":5,"from_node":"a"}""").ContentHash);
    }

    [Fact]
    public void Schema_WrittenAndRead_IsTheSame()
    {
        Assert.All(BuiltInAdapters.All, schema =>
        {
            var read = AdapterSchemaJson.Read(AdapterSchemaJson.Write(schema))!;

            Assert.Equal(AdapterSchemaJson.Write(schema), AdapterSchemaJson.Write(read));
            Assert.Equal((schema.Name, schema.IsSingleTask), (read.Name, read.IsSingleTask));
        });
        Assert.Null(AdapterSchemaJson.Read("{}"));
        Assert.Null(AdapterSchemaJson.Read("nonsense"));
    }

    private static GraphPlan PlanOf(string adapter, string args) => GraphParser.Parse(DocumentOf(adapter, args, 1), null, None).RequirePlan();

    private static ImmutableArray<FlowProblem> ProblemsOf(string adapter, string? args, int tasks = 1) => GraphParser.Parse(DocumentOf(adapter, args, tasks), null, None).Problems;

    private static string DocumentOf(string adapter, string? args, int tasks) =>
        "{\"name\":\"x\",\"nodes\":[{\"id\":\"a\",\"role\":\"r\"},{\"id\":\"b\",\"role\":\"r\"},{\"id\":\"c\",\"role\":\"r\",\"depends_on\":[\"a\",\"b\"],"
        + $"\"tasks\":{tasks},\"input\":{{\"adapter\":{JsonSerializer.Serialize(adapter)}{(args is null ? "" : $",\"args\":{args}")}}}}}]}}";
}
