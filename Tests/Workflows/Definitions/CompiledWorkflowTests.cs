using System.Text.Json;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Tests.Workflows.Definitions;

/// <summary>Goal: what a cluster stores of a workflow says everything a run needs, and nothing of the user's types.</summary>
public sealed class CompiledWorkflowTests
{
    [Fact]
    public void Compiled_RoundTripsThroughJson_WithItsHash()
    {
        var compiled = Sample().Compiled;

        var copy = JsonSerializer.Deserialize<CompiledWorkflow>(JsonSerializer.Serialize(compiled))!;

        Assert.Equal(compiled, copy);
        Assert.Equal(64, compiled.Hash.Length);
        Assert.Equal(TimeSpan.FromSeconds(3), copy.Nodes[copy.IndexOf("check")].Timeout);
        Assert.DoesNotContain("Int32", JsonSerializer.Serialize(compiled), StringComparison.Ordinal);
    }

    [Fact]
    public void Hash_OfTheSameDefinition_IsTheSame_AndChangesWithAnythingARunCanNotice()
    {
        Assert.Equal(Sample().Compiled.Hash, Sample().Compiled.Hash);
        Assert.NotEqual(Sample().Compiled.Hash, Sample(attempts: 4).Compiled.Hash);
        Assert.NotEqual(Sample().Compiled.Hash, Sample(version: 2).Compiled.Hash);
        Assert.NotEqual(Sample().Compiled.Hash, Sample(rule: OutputRule.List).Compiled.Hash);
    }

    [Fact]
    public void Hash_DoesNotChangeWithQueriesAndUpdates_WhichCannotChangeTheCourseOfARun()
    {
        var compiled = Sample().Compiled;
        var asked = compiled with { Queries = ["value"], Updates = ["add"] };

        Assert.Equal(compiled.Hash, asked.Hash);
        Assert.NotEqual(compiled, asked);
        Assert.Equal(asked, CompiledWorkflow.Parse(asked.ToUtf8()));
        Assert.Equal(["value"], CompiledWorkflow.Parse(asked.ToUtf8()).Queries);
    }

    [Fact]
    public void CanReach_FollowsEveryKindOfEdge_AndLoops()
    {
        var compiled = Sample().Compiled;
        bool Reaches(string from, string to) => compiled.CanReach(compiled.IndexOf(from), compiled.IndexOf(to));

        Assert.True(Reaches("check", "rescue"));
        Assert.True(Reaches("check", "check"));
        Assert.True(Reaches("again", "all"));
        Assert.False(Reaches("all", "check"));
        Assert.False(Reaches("rescue", "rescue"));
    }

    [Fact]
    public void ToDot_ShowsBranchesAndFallbacks() => Assert.Equal(
        """
        digraph "sample" {
          rankdir=LR;
          node [shape=box, style=filled, fontname="Helvetica", fillcolor=lightgray];
          edge [arrowhead=vee];
          "all" [shape=hexagon];
          "rescue";
          "check";
          "again";
          "all" -> end;
          "rescue" -> "all";
          "check" -> "again" [label="small"];
          "check" -> "all" [label="otherwise"];
          "check" -> "rescue" [style="dotted", color="red", label="fallback"];
          "again" -> "check";
          end [shape=circle, label=""];
        }

        """,
        Sample().Compiled.ToDot());

    [Fact]
    public void ToMermaid_ShowsBranchesAndFallbacks() => Assert.Equal(
        """
        flowchart LR
          n0{{"all"}}
          n1["rescue"]
          n2["check"]
          n3["again"]
          n0 --> done(( ))
          n1 --> n0
          n2 -->|"small"| n3
          n2 -->|"otherwise"| n0
          n2 -.->|fallback| n1
          n3 --> n2

        """,
        Sample().Compiled.ToMermaid());

    private static WorkflowDefinition<int, IReadOnlyList<int>, NoContext> Sample(int version = 1, int attempts = 3, OutputRule rule = OutputRule.First)
    {
        var flow = new Workflow<NoContext>("sample", version);
        var all = flow.Join<int>("all", JoinRule.All.Within(TimeSpan.FromHours(1))).End();
        var rescue = flow.Node<NodeFailure<int>, int>("rescue", (failure, _) => failure.Input).To(all);
        var check = flow.Node<int, int>("check", (value, _) => value)
            .Retry(new StepRetryPolicy { MaxAttempts = attempts }).Timeout(TimeSpan.FromSeconds(3)).Role("checker").ConcurrencyKey("db").AtMost(10);
        var again = flow.Node<int, int>("again", (value, _) => value + 1).To(check);
        check.Branch(arms => arms.When(value => value < 10, again, "small").Otherwise(all)).OnFailure(rescue);
        return flow.Start(check).Output(rule).Build<int, IReadOnlyList<int>>();
    }
}
