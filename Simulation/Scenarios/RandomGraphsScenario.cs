using System.Globalization;
using System.Text;
using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>
/// Larger graphs with everything that a node may say, drawn at random: kinds of fan-in, triggers for each parent, routing, conditions, functions,
/// gates, retries of every kind, time-outs, failures for good, priorities, takeover bounds, checkpoints, run deadlines.
/// </summary>
internal sealed class RandomGraphsScenario : RoutingScenario
{
    public override string Name => "random-graphs";

    public override string Summary => "larger runs with whatever a graph may say, drawn at random, under the same faults";

    /// <summary>More of each run's work goes on under faults than in the small ones.</summary>
    public override TimeSpan FaultTime => TimeSpan.FromSeconds(15);

    protected override string Document(SeededRandom random)
    {
        var text = new StringBuilder("""{"name":"simulated","vars":{"n":0},"params":{"limit":1}""");
        text.Append(random.Chance(0.2) ? string.Create(CultureInfo.InvariantCulture, $",\"deadline_sec\":{random.Between(5, 120)}") : "").Append(""","nodes":[""");
        var count = random.Between(4, 12);
        for (var node = 0; node < count; node++)
        {
            text.Append(node == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""{"id":"n{{node}}",""");
            var parents = Enumerable.Range(0, node).Where(_ => random.Chance(2.0 / Math.Max(2, node))).ToList();
            text.Append(random.Between(0, 7) switch
            {
                0 => """ "fn":"vars.incr","args":{"key":"n"}""",
                1 => $$""" "approval":{"timeout_sec":{{random.Between(1, 15)}},"on_timeout":"{{random.Pick<string>(["fail", "skip", "approve"])}}"}""",
                _ => Work(random, hasParents: parents.Count > 0),
            });
            if (parents.Count > 0)
            {
                AddEdges(text, parents, random);
            }

            text.Append(random.Chance(0.1) ? ""","when":"vars.n >= 0 and params.limit == 1" """ : "").Append('}');
        }

        return text.Append("]}").ToString();
    }

    private static string Work(SeededRandom random, bool hasParents)
    {
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $$""" "role":"{{SharedParts.Role}}","tasks":{{random.Between(1, 3)}},"priority":{{random.Between(-1, 1)}},"""));
        text.Append(CultureInfo.InvariantCulture, $$""" "retry":{"max":{{random.Between(0, 3)}},"backoff":"{{random.Pick<string>(["exponential", "linear", "constant"])}}",""");
        text.Append(CultureInfo.InvariantCulture, $$""" "backoff_sec":{{random.Pick<string>(["0", "0.2", "1"])}},"jitter_pct":{{random.Pick<int>([0, 50])}}},""");
        text.Append(random.Chance(0.15) ? string.Create(CultureInfo.InvariantCulture, $"\"timeout_sec\":{random.Between(1, 5)},") : "");
        text.Append(random.Chance(0.15) ? string.Create(CultureInfo.InvariantCulture, $"\"max_takeovers\":{random.Between(1, 4)},") : "");
        text.Append(random.Chance(0.1) ? "\"grace\":\"lease\"," : "");
        text.Append(CultureInfo.InvariantCulture, $$""" "params":{"batches":{{random.Between(0, 4)}},"ms":{{random.Pick<int>([5, 50, 800])}},"fail":{{(random.Chance(0.3) ? 0.4 : 0)}}""");
        text.Append(random.Chance(0.1) ? ""","bad":0.3""" : "");
        return text.Append(!hasParents && random.Chance(0.5) ? ""","checkpoints":1}""" : "}").ToString();
    }

    private static void AddEdges(StringBuilder text, List<int> parents, SeededRandom random)
    {
        var edges = parents.Select(parent =>
        {
            var on = random.Pick<string>(["success", "success", "success", "failure", "done"]);
            var when = random.Chance(0.2) ? random.Pick<string>(["parents.N.rows > params.limit", "vars.n > 0", "not parents.N.failed"]).Replace("N", $"n{parent}", StringComparison.Ordinal) : null;
            var trigger = on == "success" && random.Chance(0.3) ? random.Pick<string>(["on_batch", "on_done"]) : null;
            return $$"""{"node":"n{{parent}}","on":"{{on}}"{{(when is null ? "" : $$""","when":"{{when}}" """)}}{{(trigger is null ? "" : $$""","trigger":"{{trigger}}" """)}}}""";
        });
        text.Append(CultureInfo.InvariantCulture, $$""","depends_on":[{{string.Join(",", edges)}}]""");
        text.Append(random.Chance(0.4) ? ""","start_when":"first_batch" """ : "");
        text.Append(random.Chance(0.5) ? $$""","fan_in":"{{random.Pick<string>(["all", "any", $"count:{random.Between(1, parents.Count)}"])}}" """ : "");
        text.Append(random.Chance(0.5) ? ""","on_upstream_failure":"end_of_input" """ : "");
    }
}
