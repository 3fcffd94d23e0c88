using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>Goal: a program that cannot run is refused with all its faults at once.</summary>
public sealed class ProgramChecksTests
{
    [Fact]
    public void Program_WithoutFaults_IsAccepted() => Assert.Empty(ProgramChecks.Check(Good()));

    [Fact]
    public void Program_WithManyFaults_IsToldAllOfThem()
    {
        var program = new Program
        {
            Nodes =
            {
                Node(1, 2, "a"),
                Node(1, 1, "b"),
                Node(0, 0, "a"),
                new ProgramNode { Id = 4, Parallelism = 1 },
                new ProgramNode { Id = 5, Parallelism = ProgramChecks.ParallelismMax + 1, Chain = { new ProgramOperator() } },
            },
            Edges =
            {
                Edge(1, 4, EdgeKind.Forward),
                Edge(4, 9, EdgeKind.Shuffle),
                Edge(4, 5, EdgeKind.Unspecified),
                Edge(5, 4, EdgeKind.Shuffle),
                Edge(5, 4, EdgeKind.Shuffle),
                Edge(1, 5, EdgeKind.LeftJoin),
            },
        };

        Assert.Equal(
            [
                "program_duplicate_node nodes[1].id", "program_missing_id nodes[2].id", "program_bad_parallelism nodes[2].parallelism", "program_duplicate_operator nodes[2].chain[0].id",
                "program_empty_chain nodes[3].chain", "program_bad_parallelism nodes[4].parallelism", "program_missing_id nodes[4].chain[0].id", "program_missing_kind nodes[4].chain[0].kind",
                "program_forward_parallelism edges[0]", "program_unknown_node edges[1].target", "program_bad_edge edges[2].kind", "program_bad_edge edges[4]",
                "program_missing_side edges", "program_cycle edges",
            ],
            ProgramChecks.Check(program).Select(problem => $"{problem.Code} {problem.Path}"));
    }

    [Fact]
    public void EmptyProgram_IsRefused() => Assert.Equal("program_empty", Assert.Single(ProgramChecks.Check(new Program())).Code);

    [Fact]
    public void Program_WithTooManyNodes_IsRefused()
    {
        var program = new Program();
        program.Nodes.AddRange(Enumerable.Range(1, ProgramChecks.NodesMax + 1).Select(number => Node((uint)number, 1, $"o{number}")));

        Assert.Equal("program_too_large", Assert.Single(ProgramChecks.Check(program)).Code);
    }

    [Fact]
    public void Cycle_NamesItsNodes_AndNotThoseAroundIt()
    {
        var program = new Program
        {
            Nodes = { Node(1, 1, "a"), Node(2, 1, "b"), Node(3, 1, "c"), Node(4, 1, "d") },
            Edges = { Edge(1, 2, EdgeKind.Shuffle), Edge(2, 3, EdgeKind.Shuffle), Edge(3, 2, EdgeKind.Shuffle), Edge(3, 4, EdgeKind.Shuffle) },
        };

        Assert.Contains("nodes 2, 3 feed each other", Assert.Single(ProgramChecks.Check(program)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NodeThatFeedsItself_IsACycle()
    {
        var program = new Program { Nodes = { Node(1, 1, "a") }, Edges = { Edge(1, 1, EdgeKind.Shuffle) } };

        Assert.Equal("program_cycle", Assert.Single(ProgramChecks.Check(program)).Code);
    }

    [Fact]
    public void Plan_KnowsItsSourcesAndItsChains()
    {
        var plan = JobPlan.From(Good());

        Assert.Equal([(1u, true, "a"), (2u, false, "b,c")], plan.Nodes.Select(node => (node.Id, node.IsSource, string.Join(',', node.Operators))));
        Assert.Equal((2u, true, false), (plan.NodeOf("c")!.Id, plan.Has(new OperatorSubtask("c", 1)), plan.Has(new SubtaskKey(2, 2))));
    }

    [Fact]
    public void Hash_IsTheSameForEveryParallelism_AndAnotherForAnotherProgram()
    {
        var program = Good();
        var wider = JobPlan.Rescaled(program, new Dictionary<uint, int> { [1] = 5, [2] = 7 });
        wider.Nodes[0].Description = "other words";
        wider.Config["checkpoint"] = "1s";

        Assert.Equal(JobPlan.From(program).ProgramHash, JobPlan.From(wider).ProgramHash);
        Assert.Equal((7, 2), (JobPlan.From(wider).SlotsNeeded, JobPlan.From(program).SlotsNeeded));
        wider.Nodes[1].Chain[0].Kind = "other";
        Assert.NotEqual(JobPlan.From(program).ProgramHash, JobPlan.From(wider).ProgramHash);
    }

    private static Program Good() => new()
    {
        Nodes = { Node(1, 1, "a"), Node(2, 2, "b", "c") },
        Edges = { Edge(1, 2, EdgeKind.Shuffle) },
    };

    private static ProgramNode Node(uint id, uint parallelism, params string[] operators) =>
        new() { Id = id, Parallelism = parallelism, Chain = { operators.Select(name => new ProgramOperator { Id = name, Kind = "pass" }) } };

    private static ProgramEdge Edge(uint source, uint target, EdgeKind kind) => new() { Source = source, Target = target, Kind = kind };
}
