using OrleansFlow.Samples.OrderFlow;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Tests.Workflows.Samples;

/// <summary>The order flow does each of its parts once, wherever a worker is killed.</summary>
public sealed class OrderFlowTests : IShop
{
    private static readonly string[] Shipped = ["charge", "pack ink", "pack pen", "reserve", "ship", "tell"];

    private readonly List<string> _calls = [];
    private readonly HashSet<string> _done = [];
    private readonly HashSet<string> _failing = [];

    [Fact]
    public async Task Order_WithoutTrouble_IsShipped()
    {
        var run = Start(99);

        await run.PassAsync(TimeSpan.FromMinutes(10));

        Assert.Equal("o shipped", run.Output);
        Assert.Equal(Shipped, run.Context.Events.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("reserve", "release,refuse")]
    [InlineData("charge", "reserve,refund,release,refuse")]
    [InlineData("ship", "reserve,charge,pack pen,pack ink,refund,release,refuse")]
    public async Task Order_WhosePartFailsForGood_IsUndone(string failing, string log)
    {
        _failing.Add(failing);
        var run = Start(99);

        await run.PassAsync(TimeSpan.FromMinutes(10));

        Assert.Equal($"o refused: no {failing}", run.Output);
        Assert.Equal(log, string.Join(',', run.Context.Events));
    }

    [Theory]
    [InlineData(true, "o shipped")]
    [InlineData(false, "o refused: nobody approved it")]
    [InlineData(null, "o refused: nobody approved it")]
    public async Task Order_ThatIsLarge_WaitsForAPerson(bool? granted, string output)
    {
        var run = Start(1_001);
        await run.PassAsync(TimeSpan.FromHours(47));
        Assert.Equal(["ask WaitingForSignal"], run.Waiting());

        if (granted is { } answer)
        {
            await run.SignalAsync(OrderWorkflow.Approval, answer);
        }

        await run.PassAsync(TimeSpan.FromHours(2));

        Assert.Equal((WorkflowRunStatus.Completed, output), (run.State.Status, run.Output));
    }

    /// <summary>Every step in turn is killed: before it did anything, or after its effect and before its commit.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Order_WhoseWorkerIsKilledAtAnyStep_IsShippedOnce(bool afterTheEffect)
    {
        var steps = 0;
        for (var kill = 0; kill <= steps; kill++)
        {
            _calls.Clear();
            _done.Clear();
            var run = Start(99);
            run.Kill = (kill, afterTheEffect);
            await run.PassAsync(TimeSpan.FromMinutes(10));
            steps = run.Steps;

            Assert.Equal("o shipped", run.Output);
            Assert.Equal(Shipped, run.Context.Events.Order(StringComparer.Ordinal));
            Assert.Equal(Shipped, _done.Order(StringComparer.Ordinal));
        }

        Assert.Equal(9, steps);
    }

    Task IShop.DoAsync(string order, string effect, CancellationToken cancellationToken)
    {
        _calls.Add(effect);
        if (_failing.Contains(effect))
        {
            throw new InvalidOperationException($"no {effect}");
        }

        _done.Add(effect);
        return Task.CompletedTask;
    }

    private DurableRun<Order, string, EventLog<string>> Start(decimal amount) => new(OrderWorkflow.Define(this), new Order("o", amount, ["pen", "ink"]));
}
