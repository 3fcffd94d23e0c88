namespace OrleansFlow.Tests.Cli;

/// <summary>Goal: what can be asked of streaming jobs can be asked by hand. The jobs wait for slots that nobody offers.</summary>
public sealed class JobsCommandTests(SiloProcessFixture silo) : IClassFixture<SiloProcessFixture>
{
    private const int WatchdogMs = 600_000;
    private const string Sql = "CREATE TABLE e WITH (connector = 'impulse', event_rate = 10); CREATE TABLE o (counter BIGINT) WITH (connector = 'blackhole'); INSERT INTO o SELECT counter FROM e;";

    [Fact(Timeout = WatchdogMs)]
    public async Task Job_FromSubmissionToStop_IsSeenAndSteered()
    {
        var file = silo.Write("rides.sql", Sql);
        await SaysAsync("rides", "jobs", "submit", file, "--id", "rides", "-p", "2", "--checkpoint-interval", "00:00:30", "--checkpoint-barriers", "unaligned", "--alignment-timeout", "0.5");
        await SaysAsync("rides", "jobs", "list");
        var shown = await SaysAsync("checkpoints every 00:00:30", "jobs", "get", "rides");
        Assert.All(["subtasks", "workers none"], text => Assert.Contains(text, shown, StringComparison.Ordinal));
        await SaysAsync("bad_input", exitCode: 2, "jobs", "checkpoint", "rides");
        await SaysAsync("checkpoint", "jobs", "checkpoint", "rides", "--list");
        await SaysAsync("no complete checkpoint", exitCode: 2, "jobs", "savepoint", "create", "rides", "first");
        await SaysAsync("savepoint", "jobs", "savepoint", "list", "rides");
        await SaysAsync("deleted", "jobs", "savepoint", "delete", "rides", "first");
        await SaysAsync("--node 3 is none", exitCode: 2, "jobs", "rescale", "rides", "--node", "3");
        await SaysAsync("rides", "jobs", "stop", "rides", "--mode", "immediate");
        await SaysAsync("rides Stopped", "jobs", "watch", "rides");
        await SaysAsync("rides", "jobs", "start", "rides");
        await SaysAsync("rides", "jobs", "stop", "rides");
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task WhatIsWrong_IsSaidWithItsCode()
    {
        await SaysAsync("data_file_missing", exitCode: 2, "jobs", "submit", "nowhere.sql");
        await SaysAsync("bad_input", exitCode: 2, "jobs", "submit", silo.Write("wrong.sql", "CREATE TABLE e WITH (connector = 'impulse');"));
        await SaysAsync("not_found", exitCode: 2, "jobs", "get", "nobody");
    }

    private Task<string> SaysAsync(string expected, params string[] arguments) => SaysAsync(expected, exitCode: 0, arguments);

    private async Task<string> SaysAsync(string expected, int exitCode, params string[] arguments)
    {
        await using var command = FlowProcess.Flow(null, [.. arguments, "--gateway", silo.Gateway]);
        var actual = await command.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(actual == exitCode, $"exit code {actual} of: {string.Join(' ', arguments)}\n{command.Output}");
        Assert.Contains(expected, command.Output, StringComparison.Ordinal);
        return command.Output;
    }
}
