using System.Text.Json;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Graphs;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>The published schema, the parser and the writer agree; the schema is judged by a validator that nobody here wrote.</summary>
public sealed class GraphDocumentTests
{
    private static readonly string[] Good =
    [
        .. RunScript.Documents,
        """{"version":1,"name":"full","files":{"f":"/d/x.parquet"},"params":{"a":1},"vars":{"n":{"x":1}},"deadline_sec":60.5,"nodes":[{"id":"a","role":"r","tasks":3,"params":{"b":[1]},"retry":{"max":0,"backoff":"linear","jitter_pct":12.5,"backoff_sec":0.25,"max_backoff_sec":3,"permanent_on":[]},"timeout_sec":90,"priority":-5,"labels":{"gpu":"true","zone":"eu 1"},"role_version":"2.1","grace":"lease","max_takeovers":3},{"id":"b","fn":"custom.fn","args":{"x":1},"depends_on":["a"],"triggers":{"a":"on_batch"},"fan_in":"count:1","when":"vars.n.x == 1"},{"id":"g","approval":{"timeout_sec":9,"on_timeout":"skip"},"depends_on":[{"node":"a","on":"done","when":"true","trigger":"on_done"}],"on_upstream_failure":"end_of_input"}]}""",
        """{"name":"inputs","nodes":[{"id":"a","role":"r","input":{"adapter":"pull.files","args":{"paths":["x.csv"]}}},{"id":"b","role":"r","depends_on":["a"],"input":{"adapter":"pull.artifacts"}},{"id":"c","role":"r","input":{"adapter":"own:one","args":{"x":1},"allow_unknown_adapter":true}},{"id":"d","role":"r","input":null}]}""",
        """{"name":"scattered","vars":{"days":[1,"b"]},"nodes":[{"id":"a","role":"r","foreach":{"items":"vars.days","as":"day","barrier":"count:2","max_items":5},"concurrency":{"limit":3,"key":"db"},"batch_deadline_sec":0.5},{"id":"b","role":"r","foreach":{"batches_of":"a"},"concurrency":{"limit":1},"depends_on":["a"]},{"id":"c","role":"r","foreach":{"items":[{"x":[1,2]},null,"q"]}}]}""",
        """{"name":"nested","graphs":{"one":{"params":{"a":1},"vars":{"v":2},"deadline_sec":9,"outputs":{"x":"nodes.a.rows","y":"vars.v"},"nodes":[{"id":"a","role":"r"}]},"two":{"nodes":[{"id":"b","graph":"one"}]}},"outputs":{"z":"nodes.n.result.x"},"nodes":[{"id":"n","graph":"two","params":{"q":1},"foreach":{"items":[1]}},{"id":"m","graph":{"nodes":[{"id":"i","graph":"one"}]},"depends_on":["n"]}]}""",
        """{"name":"undone","nodes":[{"id":"a","role":"r","compensate":{"role":"u","params":{"x":1},"retry":{"max":5},"timeout_sec":60,"on_cancel":true}},{"id":"b","fn":"noop","compensate":{"role":"u"}}]}""",
        """{"name":"cached","nodes":[{"id":"a","role":"r","cache":{"key":"[params.x, vars.y]","ttl_sec":60}},{"id":"b","graph":{"nodes":[{"id":"c","role":"r"}]},"cache":{"key":"1"}}]}""",
        """{"name":"nulls","files":null,"params":null,"nodes":[{"id":"a","role":"r","fn":null,"retry":null,"fan_in":null}]}""",
    ];

    private static readonly string[] Bad =
    [
        """{"nodes":[{"id":"a","role":"r"}]}""",
        """{"name":"x","nodes":[]}""",
        """{"name":"x","nodes":[{"id":"a"}]}""",
        """{"name":"-x","nodes":[{"id":"a","role":"r"}]}""",
        """{"name":"x","extra":1,"nodes":[{"id":"a","role":"r"}]}""",
        """{"name":"x","version":2,"nodes":[{"id":"a","role":"r"}]}""",
        """{"name":"x","deadline_sec":0,"nodes":[{"id":"a","role":"r"}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","extra":1}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","fn":"noop"}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","approval":{}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","args":{}}]}""",
        """{"name":"x","nodes":[{"id":"a","fn":"noop","tasks":2}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","tasks":0}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","fan_in":"most"}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","start_when":"now"}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","retry":{"max":-1}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","retry":{"backoff":"never"}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","retry":{"jitter_pct":101}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":[{"node":"a","on":"end"}]}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":[7]}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r"},{"id":"b","role":"r","depends_on":["a"],"triggers":{"a":"soon"}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","routing":{"on_end":["a"]}}]}""",
        """{"name":"x","nodes":[{"id":"a","approval":{"on_timeout":"wait"}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","labels":{"gpu":true}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","labels":{"g pu":"true"}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","labels":{"gpu":""}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","labels":["gpu"]}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","role_version":""}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","role_version":2}]}""",
        """{"name":"x","nodes":[{"id":"a","approval":{},"labels":{}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","grace":"ever"}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","max_takeovers":-1}]}""",
        """{"name":"x","nodes":[{"id":"a","approval":{},"max_takeovers":1}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","input":{}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","input":"pull.files"}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","input":{"adapter":"no name"}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","input":{"adapter":"own","args":[]}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","input":{"adapter":"own","extra":1}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","input":{"adapter":"own","allow_unknown_adapter":"yes"}}]}""",
        """{"name":"x","nodes":[{"id":"a","fn":"noop","input":{"adapter":"own"}}]}""",
        """{"name":"x","nodes":[{"id":"a","approval":{},"input":{"adapter":"own"}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","foreach":{}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","foreach":{"items":7}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","foreach":{"items":[1],"barrier":"count:0"}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","foreach":{"items":[1]},"tasks":2}]}""",
        """{"name":"x","nodes":[{"id":"a","fn":"noop","foreach":{"items":[1]}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","concurrency":{}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","concurrency":{"limit":0}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","batch_deadline_sec":0}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","compensate":{}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","cache":{}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","cache":{"key":"1","ttl_sec":0}}]}""",
        """{"name":"x","nodes":[{"id":"a","approval":{},"cache":{"key":"1"}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","compensate":{"role":"u","on_cancel":1}}]}""",
        """{"name":"x","nodes":[{"id":"a","approval":{},"compensate":{"role":"u"}}]}""",
        """{"name":"x","nodes":[{"id":"a","role":"r","graph":"g"}]}""",
        """{"name":"x","nodes":[{"id":"a","graph":7}]}""",
        """{"name":"x","nodes":[{"id":"a","graph":{"name":"no","nodes":[{"id":"b","role":"r"}]}}]}""",
        """{"name":"x","nodes":[{"id":"a","graph":{"nodes":[]}}]}""",
        """{"name":"x","outputs":{"a":1},"nodes":[{"id":"a","role":"r"}]}""",
        """{"name":"x","graphs":{"g":{}},"nodes":[{"id":"a","role":"r"}]}""",
    ];

    [Fact]
    public async Task Schema_TakesWhatTheParserTakes_AndRefusesWhatItRefuses()
    {
        var list = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(list, JsonSerializer.Serialize((string[])[.. Good, .. Bad]), TestContext.Current.CancellationToken);

            var answers = JsonSerializer.Deserialize<string[]>(await NodeTool.RunAsync(
                "schema-check.mjs", [RepositoryRoot.Combine("docs", "graph.schema.json"), list], TestContext.Current.CancellationToken))!;

            Assert.All(Good.Zip(answers), one => Assert.True(one.Second.Length == 0 && GraphParser.Parse(one.First).IsValid, $"{one.First}: {one.Second}"));
            Assert.All(Bad.Zip(answers.Skip(Good.Length)), one => Assert.True(one.Second.Length > 0 && !GraphParser.Parse(one.First).IsValid, one.First));
        }
        finally
        {
            File.Delete(list);
        }
    }

    [Fact]
    public void Document_WrittenFromItsDefinition_IsTheSameGraph()
    {
        Assert.All(Good, document =>
        {
            var first = GraphParser.Parse(document);
            var second = GraphParser.Parse(GraphDocument.ToJson(first.Definition!));

            Assert.Equal(first.RequirePlan().ContentHash, second.RequirePlan().ContentHash);
        });
    }

    [Fact]
    public void Definition_MadeInCode_IsTheDocumentThatPeopleWrite()
    {
        var graph = new GraphDefinition
        {
            Name = "orders",
            Nodes =
            [
                new NodeDefinition { Id = "load", Role = "orders.load", Routing = new NodeRouting { OnFailure = ["clean"] } },
                new NodeDefinition { Id = "report", Role = "orders.report", DependsOn = ["load", new ParentDefinition { Node = "clean", On = "done" }], FanIn = "any" },
                new NodeDefinition { Id = "clean", Role = "orders.clean" },
            ],
        };

        Assert.Equal(
            """{"version":1,"name":"orders","nodes":[{"id":"load","role":"orders.load","routing":{"on_failure":["clean"]}},{"id":"report","role":"orders.report","depends_on":["load",{"node":"clean","on":"done"}],"fan_in":"any"},{"id":"clean","role":"orders.clean"}]}""",
            GraphDocument.ToJson(graph));
        Assert.True(GraphParser.Parse(GraphDocument.ToJson(graph)).IsValid);
    }
}
