using OrleansFlow.Arrow;
using OrleansFlow.Arrow.Kernels;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.State;

namespace OrleansFlow.Tests.Streaming.Dataflow;

public class PhysicalPlanTests
{
    [Fact]
    public void ForwardEdge_JoinsSubtaskIToI()
    {
        var plan = PhysicalPlan.Of(Jobs.Of([Jobs.Node(1, 3, Jobs.Op("a", "x")), Jobs.Node(2, 3, Jobs.Op("b", "x"))], Jobs.Edge(1, 2)));

        var second = plan.Subtasks.Single(subtask => subtask is { Node.Id: 2, Index: 1 });
        Assert.Equal(new ChannelKey(0, 1, 1), Assert.Single(second.Inputs).Channel);
        Assert.Equal([new ChannelKey(0, 1, 1)], plan.Subtasks.Single(subtask => subtask is { Node.Id: 1, Index: 1 }).Outputs[0].Channels);
    }

    [Fact]
    public void Shuffle_JoinsEveryPairByAChannelOfItsOwn()
    {
        var plan = PhysicalPlan.Of(Jobs.Of([Jobs.Node(1, 2, Jobs.Op("a", "x")), Jobs.Node(2, 3, Jobs.Op("b", "x"))], Jobs.Edge(1, 2, EdgeKind.Shuffle)));

        Assert.Equal(5, plan.Subtasks.Count);
        Assert.Equal(6, plan.Subtasks.SelectMany(subtask => subtask.Outputs).SelectMany(output => output.Channels).Distinct().Count());
        Assert.Equal(
            [new ChannelKey(0, 0, 2), new ChannelKey(0, 1, 2)], plan.Subtasks.Single(subtask => subtask is { Node.Id: 2, Index: 2 }).Inputs.Select(input => input.Channel));
    }

    [Fact]
    public void InputsOfAJoin_AreOrderedByKindThenSender_AndKnowTheirSide()
    {
        var plan = PhysicalPlan.Of(Jobs.Of(
            [Jobs.Node(1, 2, Jobs.Op("right", "x")), Jobs.Node(2, 3, Jobs.Op("left", "x")), Jobs.Node(3, 1, Jobs.Op("join", "x"))],
            Jobs.Edge(1, 3, EdgeKind.RightJoin, 0),
            Jobs.Edge(2, 3, EdgeKind.LeftJoin, 0)));

        var join = plan.Subtasks.Single(subtask => subtask.Node.Id == 3);
        Assert.Equal([(2u, 0, 0), (2u, 1, 0), (2u, 2, 0), (1u, 0, 1), (1u, 1, 1)], join.Inputs.Select(input => (input.SourceNode.Id, input.Channel.Source, input.Side)));
    }

    [Fact]
    public void FaultyProgram_IsRefusedWithEveryFault()
    {
        var program = Jobs.Of(
            [Jobs.Node(1, 2, Jobs.Op("a", "x")), Jobs.Node(1, 0), Jobs.Node(3, 1, Jobs.Op("a", "x"))],
            Jobs.Edge(1, 3), Jobs.Edge(1, 9), Jobs.Edge(1, 3, EdgeKind.Unspecified));

        var refused = Assert.Throws<FlowException>(() => PhysicalPlan.Of(program));

        Assert.Equal(FlowErrorCode.BadGraph, refused.Code);
        Assert.Equal(
            ["program_chain", "program_edge", "program_edge", "program_edge", "program_node_id", "program_operator_id", "program_parallelism"],
            refused.Problems.Select(problem => problem.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EdgeOfASecondOutput_NeedsAnOperatorThatHasOne_AndIsNotFused()
    {
        var program = Line(1, 1, 1, 1, 1);
        program.Edges[2].IsSide = true;

        var refused = Assert.Throws<FlowException>(() => PhysicalPlan.Of(program));

        Assert.Equal("edges[2].is_side", Assert.Single(refused.Problems).Path);
        program.Nodes[2].Chain[0].SideSchema = ProgramSchema.Write(new ArrowSchema());
        Assert.True(PhysicalPlan.Of(program).Subtasks[3].Inputs.Single().IsSideOutput);
        Assert.Equal(["1", "2,3", "4", "5"], ProgramChaining.Chain(program).Nodes.Select(node => string.Join(',', node.Chain.Select(part => part.Id))));
    }

    [Fact]
    public void Chaining_FusesForwardNeighboursBetweenSourceAndSink()
    {
        var chained = ProgramChaining.Chain(Line(2, 2, 2, 2, 2));

        Assert.Equal([["1"], ["2", "3", "4"], ["5"]], chained.Nodes.Select(node => node.Chain.Select(part => part.Id).ToArray()));
        Assert.Equal([(1u, 2u), (2u, 5u)], chained.Edges.Select(edge => (edge.Source, edge.Target)));
    }

    [Fact]
    public void Chaining_StopsWhereTheParallelismChanges()
    {
        var program = Line(2, 2, 2, 3, 3);
        program.Edges[2].Kind = EdgeKind.Shuffle;

        var chained = ProgramChaining.Chain(program);

        Assert.Equal([["1"], ["2", "3"], ["4"], ["5"]], chained.Nodes.Select(node => node.Chain.Select(part => part.Id).ToArray()));
    }

    [Fact]
    public void Chaining_StopsAtNodesWithSeveralNeighbours()
    {
        var program = Line(1, 1, 1, 1, 1);
        program.Nodes.Add(Jobs.Node(6, 1, Jobs.Op("6", "x")));
        program.Edges.Add(Jobs.Edge(3, 6));

        var chained = ProgramChaining.Chain(program);

        Assert.Equal(["1", "2,3", "4", "5", "6"], chained.Nodes.Select(node => string.Join(',', node.Chain.Select(part => part.Id))));
    }

    [Fact]
    public void Chaining_LeavesTheProgramAsItWas_AndHasNothingToDoTwice()
    {
        var program = Line(1, 1, 1, 1);
        var before = program.Clone();

        var chained = ProgramChaining.Chain(program);

        Assert.Equal(before, program);
        Assert.Equal(chained, ProgramChaining.Chain(chained));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    public void Rows_GoToTheOwnerOfTheirHash_InTheirOrder(int parallelism)
    {
        using var batch = Rows.Of(5_000);
        var partitioner = new KeyRangePartitioner(parallelism, [0]);
        partitioner.Assign(batch);
        partitioner.Assign(batch);
        var hashes = new ulong[batch.RowCount];
        RowHash.Compute(batch, [0], hashes);

        for (var subtask = 0; subtask < parallelism; subtask++)
        {
            var owned = Enumerable.Range(0, hashes.Length).Where(row => KeyRange.OwnerOf(hashes[row], parallelism) == subtask);
            Assert.Equal(owned, partitioner.Rows(subtask).ToArray());
        }
    }

    private static Program Line(params uint[] parallelism)
    {
        var nodes = parallelism.Select((one, i) => Jobs.Node((uint)i + 1, one, Jobs.Op($"{i + 1}", "x")));
        return Jobs.Of(nodes, [.. Enumerable.Range(1, parallelism.Length - 1).Select(i => Jobs.Edge((uint)i, (uint)i + 1))]);
    }
}
