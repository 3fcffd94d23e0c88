using OrleansFlow.Client.Workflows;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Workflows.V1;

namespace OrleansFlow.Tests.Silo.Clients;

/// <summary>Goal: many starts share calls, each gets its own answer, and a lone one waits for nobody.</summary>
public sealed class RunStarterTests
{
    private const int Watchdog = 30_000;
    private static readonly string[] Ids = ["a", "b", "bad", "c"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog)]
    public async Task Start_OfManyAtOnce_SharesCallsOfAtMostAThousand()
    {
        var sizes = new List<int>();
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var starter = new RunStarter(async (request, _) =>
        {
            lock (sizes)
            {
                sizes.Add(request.Runs.Count);
            }

            await first.Task;
            return Accept(request);
        });

        var starting = Enumerable.Range(0, 2_500).Select(number => starter.StartAsync(Run($"r{number}"), Token)).ToList();
        first.SetResult();
        var runs = await Task.WhenAll(starting);

        Assert.Equal(Enumerable.Range(0, 2_500).Select(number => $"r{number}"), runs.Select(run => run.Value));
        Assert.Equal(2_500, sizes.Sum());
        Assert.True(sizes.Count <= 6 && sizes.Max() <= 1_000, string.Join(' ', sizes));
        Assert.Equal(1, sizes[0]);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Start_OfOneThatIsRefused_LeavesItsNeighboursAlone()
    {
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var starter = new RunStarter(async (request, _) =>
        {
            await hold.Task;
            var response = Accept(request);
            foreach (var bad in response.Runs.Where(run => run.RunId == "bad"))
            {
                (bad.ErrorCode, bad.ErrorMessage) = ("unknown_definition", "no such version");
            }

            return response;
        });

        var starting = Ids.Select(id => starter.StartAsync(Run(id), Token)).ToList();
        hold.SetResult();

        Assert.Equal(["a", "b", "c"], (await Task.WhenAll(starting[0], starting[1], starting[3])).Select(run => run.Value));
        Assert.Equal(FlowErrorCode.UnknownDefinition, (await Assert.ThrowsAsync<FlowException>(() => starting[2])).Code);
    }

    [Fact(Timeout = Watchdog)]
    public async Task Start_WhenTheGatewayIsLost_FailsAllThatWaitAndTheNextOneTriesAgain()
    {
        var isLost = true;
        var starter = new RunStarter((request, _) =>
            isLost ? Task.FromException<StartRunsResponse>(new FlowException(FlowErrorCode.GatewayUnreachable, "gone")) : Task.FromResult(Accept(request)));

        var failure = await Assert.ThrowsAsync<FlowException>(() => starter.StartAsync(Run("a"), Token));
        isLost = false;

        Assert.Equal(FlowErrorCode.GatewayUnreachable, failure.Code);
        Assert.Equal("a", (await starter.StartAsync(Run("a"), Token)).Value);
    }

    private static RunStart Run(string id) => new() { RunId = id, Workflow = "w", Version = 1 };

    private static StartRunsResponse Accept(StartRunsRequest request) =>
        new() { Runs = { request.Runs.Select(run => new RunStarted { RunId = run.RunId, Created = true }) } };
}
