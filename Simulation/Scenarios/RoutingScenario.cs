using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Tasks;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>Graph runs that find their way: any and count fan-in, conditions, failures that other nodes remedy, functions, gates and pauses.</summary>
internal class RoutingScenario : GraphsScenario
{
    public const string FunctionRole = "coordinator";
    public const string GateRole = "approval";

    public override string Name => "routing";

    public override string Summary => "graph runs with conditions, remedied failures, functions, gates and pauses under the same faults";

    protected override string Document(SeededRandom random)
    {
        var text = new StringBuilder("""{"name":"simulated","vars":{"n":0},"deadline_sec":1800,"nodes":[""");
        var count = random.Between(3, 7);
        for (var node = 0; node < count; node++)
        {
            text.Append(node == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""{"id":"n{{node}}",""");
            text.Append(random.Between(0, 5) switch
            {
                0 => """ "fn":"vars.incr","args":{"key":"n"}""",
                1 => $$""" "approval":{"timeout_sec":{{random.Between(1, 30)}},"on_timeout":"{{random.Pick<string>(["fail", "skip", "approve"])}}"}""",
                _ => Work(random),
            });
            AddParents(text, node, random);
            text.Append('}');
        }

        return text.Append("]}").ToString();
    }

    protected override async Task LookAsync(SimulatedWorld world, IGraphRunGrain run, RunView view)
    {
        CheckCounter(world, view);
        try
        {
            var gate = view.Nodes.FirstOrDefault(node => node is { Role: GateRole, Status: RunStatus.Pending });
            if (gate is not null && world.Faults.Chance(0.3))
            {
                await run.AnswerAsync(gate.NodeId, world.Faults.Chance(0.7), null, CancellationToken.None);
            }
            else if (view.Status == RunStatus.Paused ? world.Faults.Chance(0.5) : world.Faults.Chance(0.05))
            {
                await (view.Status == RunStatus.Paused ? run.ResumeAsync(CancellationToken.None) : run.PauseAsync("look", CancellationToken.None));
            }
        }
        catch (Exception exception) when (exception is FlowException || IsPassing(exception))
        {
            // Not open yet, answered already, or the silo or the store failed on the way: the next look decides anew.
        }
    }

    /// <summary>Each function that has run has added one, and nothing else has.</summary>
    private static void CheckCounter(SimulatedWorld world, RunView view)
    {
        var functions = view.Nodes.Count(node => node.Role == FunctionRole && node.Tasks[0].Status == FlowTaskStatus.Completed);
        var counted = JsonElement.Parse(view.VariablesJson!).GetProperty("n").GetInt32();
        if (counted != functions)
        {
            world.Watch.Violate($"rule 3 (one outcome, with its effects): {functions} functions of {view.RunId} have run, and its counter is {counted}");
        }
    }

    private static string Work(SeededRandom random) => string.Create(CultureInfo.InvariantCulture, $$"""
         "role":"{{SharedParts.Role}}","tasks":{{random.Between(1, 2)}},"retry":{"max":{{random.Between(0, 2)}},"backoff_sec":{{random.Pick<int>([0, 1])}}},
        "params":{"batches":{{random.Between(0, 3)}},"ms":{{random.Pick<int>([5, 50, 800])}},"fail":{{(random.Chance(0.3) ? 0.5 : 0)}}}
        """).ReplaceLineEndings("");

    private static void AddParents(StringBuilder text, int node, SeededRandom random)
    {
        var parents = Enumerable.Range(0, node).Where(_ => random.Chance(0.5)).ToList();
        if (parents.Count == 0)
        {
            return;
        }

        var edges = parents.Select(parent =>
        {
            var on = random.Pick<string>(["success", "success", "failure", "done"]);
            var when = random.Chance(0.3) ? random.Pick<string>(["parents.N.rows > 1", "vars.n > 0", "not parents.N.failed"]).Replace("N", $"n{parent}", StringComparison.Ordinal) : null;
            return $$"""{"node":"n{{parent}}","on":"{{on}}"{{(when is null ? "" : $$""","when":"{{when}}" """)}}}""";
        });
        text.Append(CultureInfo.InvariantCulture, $$""","depends_on":[{{string.Join(",", edges)}}]""");
        text.Append(random.Chance(0.5) ? ""","start_when":"first_batch" """ : "");
        text.Append(random.Chance(0.6) ? $$""","fan_in":"{{(random.Chance(0.5) ? "any" : $"count:{random.Between(1, parents.Count)}")}}" """ : "");
        text.Append(random.Chance(0.5) ? ""","on_upstream_failure":"end_of_input" """ : "");
    }
}
