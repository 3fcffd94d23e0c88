using OrleansFlow.Errors;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Tests.Workflows.Definitions;

/// <summary>Goal: every mistake of a definition is reported, all at once, and names its nodes.</summary>
public sealed class WorkflowChecksTests
{
    private readonly Workflow<NoContext> _flow = new("orders");

    public abstract record Decision
    {
        public sealed record Accept(int Amount) : Decision;

        public sealed record Reject(string Why) : Decision;
    }

    [Fact]
    public void Build_WithManyMistakes_ReportsThemAllAtOnce()
    {
        var text = Pass<string>("text");
        Pass<int>("number").To("text").To("nobody");
        text.To("number");

        var thrown = Assert.Throws<FlowException>(() => _flow.Build<int, int>());

        Assert.Equal(FlowErrorCode.BadGraph, thrown.Code);
        Assert.Equal(["no_start", "type_mismatch", "type_mismatch", "unknown_node", "no_terminal"], Codes(thrown.Problems).OrderBy(code => Array.IndexOf(["no_start", "type_mismatch", "unknown_node", "no_terminal"], code)));
        Assert.Contains("Node 'number' gives Int32, but node 'text' takes String.", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("'nobody', which is no node of workflow 'orders'", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_NamesUnreachableNodes()
    {
        _flow.Start(Pass<int>("first").End());
        Pass<int>("island").End();

        var problem = Assert.Single(_flow.Validate<int, int>());

        Assert.Equal(("unreachable_node", "nodes.island"), (problem.Code, problem.Path));
    }

    [Fact]
    public void Validate_OfANodeThatLeadsNowhere_AsksForAnEnd()
    {
        _flow.Start(Pass<int>("first"));

        Assert.Equal(["no_edges", "no_terminal"], Codes(_flow.Validate<int, int>()));
    }

    [Fact]
    public void Validate_OfANodeWithAFallbackOnly_NeedsNoSuccessor()
    {
        var rescue = _flow.Node<NodeFailure<int>, int>("rescue", (failure, _) => failure.Input).End();
        _flow.Start(Pass<int>("first").OnFailure(rescue));

        Assert.Empty(_flow.Validate<int, int>());
    }

    [Fact]
    public void Validate_ComparesTheRunsTypesWithStartAndEnds()
    {
        _flow.Start(Pass<int>("first").End());

        Assert.Equal(["input_type", "output_type"], Codes(_flow.Validate<string, string>()));
        Assert.Equal(["output_type"], Codes(_flow.Validate<int, object>()));
    }

    [Fact]
    public void Validate_OfABranchWithoutAnArmForEachCase_NamesTheCase()
    {
        var decide = _flow.Node<int, Decision>("decide", (amount, _) => new Decision.Accept(amount));
        var pay = _flow.Node<Decision.Accept, string>("pay", (accept, _) => $"{accept.Amount}").End();
        _flow.Start(decide.Branch(arms => arms.When(pay)));

        var problem = Assert.Single(_flow.Validate<int, string>());

        Assert.Equal("branch_not_covering", problem.Code);
        Assert.Contains("'decide' has no arm for Reject", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_OfABranchWithEveryCase_IsContent_AGuardedCaseDoesNotCount()
    {
        var decide = _flow.Node<int, Decision>("decide", (amount, _) => new Decision.Accept(amount));
        var pay = _flow.Node<Decision.Accept, string>("pay", (accept, _) => $"{accept.Amount}").End();
        var tell = _flow.Node<Decision.Reject, string>("tell", (reject, _) => reject.Why).End();
        _flow.Start(decide.Branch(arms => arms.When(pay, accept => accept.Amount > 0).When(tell)));
        Assert.Equal(["branch_not_covering"], Codes(_flow.Validate<int, string>()));

        decide.Branch(arms => arms.When(pay));

        Assert.Empty(_flow.Validate<int, string>());
    }

    [Fact]
    public void Validate_OfABranchOnConditions_NeedsOtherwise()
    {
        var low = Pass<int>("low").End();
        var size = Pass<int>("size").Branch(arms => arms.When(value => value < 10, low));
        _flow.Start(size);
        Assert.Equal(["branch_not_covering"], Codes(_flow.Validate<int, int>()));

        size.Branch(arms => arms.OtherwiseEnd());

        Assert.Empty(_flow.Validate<int, int>());
    }

    [Fact]
    public void Validate_OfASplitThatBranches_IsRefused()
    {
        _flow.Start(_flow.Split<int, int>("split", value => [value, value]).Branch(arms => arms.OtherwiseEnd()));

        Assert.Equal(["next_all_from_branch"], Codes(_flow.Validate<int, int>()));
    }

    [Fact]
    public void Validate_ReportsNamesBoundsAndDoubles()
    {
        var flow = new Workflow<NoContext>("no name!", version: 0);
        var last = flow.Node<int, int>("last", (value, _) => value).End().Timeout(TimeSpan.Zero).AtMost(0);
        flow.Start(flow.Node<int, int>("first node", (value, _) => value).To(last, last));
        flow.Node<int, int>("last", (value, _) => value).End();

        Assert.Equal(["bad_bound", "bad_name", "bad_name", "bad_timeout", "bad_version", "duplicate_edge", "duplicate_node"], Codes(flow.Validate<int, int>()).Order());
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(10_000, true)]
    [InlineData(10_001, false)]
    public void ConcurrencyLimit_IsOneToTenThousand(int limit, bool isGood)
    {
        _flow.Start(Pass<int>("first").ConcurrencyKey("db", limit).End());

        Assert.Equal(isGood ? [] : ["bad_bound"], Codes(_flow.Validate<int, int>()));
    }

    [Fact]
    public void ConcurrencyLimit_IsTheSameAtAllNodesOfAKey()
    {
        _flow.Start(Pass<int>("first").ConcurrencyKey("db", 2).To(Pass<int>("second").ConcurrencyKey("db", 3).End(), Pass<int>("third").ConcurrencyKey("files").End()));

        var problem = Assert.Single(_flow.Validate<int, int>());

        Assert.Equal(("bad_bound", "nodes.second"), (problem.Code, problem.Path));
        Assert.Contains("'db' 3 times and node 'first' 2 times", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_OfABranchBesideDirectEdges_IsRefused()
    {
        _flow.Start(Pass<int>("first").End().Branch(arms => arms.OtherwiseEnd()));

        Assert.Equal(["branch_and_edge"], Codes(_flow.Validate<int, int>()));
    }

    [Fact]
    public void Validate_OfANodeOfAnotherWorkflow_IsRefused()
    {
        var other = new Workflow<NoContext>("other").Node<int, int>("far", (value, _) => value);
        _flow.Start(Pass<int>("first").To(other).End());

        Assert.Equal(["unknown_node"], Codes(_flow.Validate<int, int>()));
    }

    private static IEnumerable<string> Codes(IReadOnlyList<FlowProblem> problems) => problems.Select(problem => problem.Code);

    private WorkflowNode<T, T, NoContext> Pass<T>(string name) => _flow.Node<T, T>(name, (value, _) => value);
}
