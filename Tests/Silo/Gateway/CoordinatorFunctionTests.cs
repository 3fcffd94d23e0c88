using OrleansFlow.Client;
using OrleansFlow.Graphs;
using OrleansFlow.Tests.Silo.Support;

namespace OrleansFlow.Tests.Silo.Gateway;

/// <summary>Goal: functions of the user's own are called by name; a name that nobody has fails the run.</summary>
public sealed class CoordinatorFunctionTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Function_OfTheUsersOwn_IsCalledWithItsArgumentsAndGivesItsResult()
    {
        await using var silo = await StartAsync();

        var ended = await RunAsync(silo, """{"name":"g","nodes":[{"id":"f","fn":"double","args":{"n":21}},{"id":"again","fn":"double","args":{"n":4},"depends_on":["f"]}]}""");

        Assert.Equal(RunStatus.Completed, ended.Status);
        Assert.Equal(["42", "8"], ended.Nodes.Select(node => node.Tasks[0].ResultJson));
    }

    [Fact(Timeout = 60_000)]
    public async Task Function_ThatNobodyHas_FailsTheRunForGoodAndNamesThoseThatThereAre()
    {
        await using var silo = await StartAsync();

        var ended = await RunAsync(silo, """{"name":"g","nodes":[{"id":"f","fn":"nobody.has.it"},{"id":"next","fn":"noop","depends_on":["f"]}]}""");

        Assert.Equal((RunStatus.Failed, "no_handler", 1), (ended.Status, ended.Failure!.Reason, ended.Nodes[0].Tasks[0].Attempt));
        Assert.Contains("'nobody.has.it'", ended.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("[double]", ended.Failure.Message, StringComparison.Ordinal);
    }

    private static Task<RunningSilo> StartAsync() => RunningSilo.StartAsync(options => options.ConfigureWorker = worker => worker.AddCoordinatorFunction(
        "double", (_, args, _) => ValueTask.FromResult<string?>((args.GetProperty("n").GetInt32() * 2).ToString(System.Globalization.CultureInfo.InvariantCulture))));

    private static async Task<RunView> RunAsync(RunningSilo silo, string document)
    {
        var run = await silo.Client.SubmitGraphAsync(document, new SubmitOptions(), CancellationToken);
        return await silo.Client.WaitForRunAsync(run, CancellationToken);
    }
}
