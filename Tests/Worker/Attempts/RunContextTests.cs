using System.Diagnostics;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Attempts;

/// <summary>Goal: each member of the context does what it says. Method: scripted handler, scripted gateway, a clock that the test moves.</summary>
public class RunContextTests
{
    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Cleanups_RunAfterTheHandlersOwnLastFirst_WhateverFails()
    {
        var script = new HandlerScript();
        script.Load = (context, _) =>
        {
            foreach (var name in (string[])["first", "second", "third"])
            {
                context.OnCleanup(() =>
                {
                    script.Calls.Enqueue(name);
                    return name == "second" ? throw new InvalidOperationException("no") : ValueTask.CompletedTask;
                });
            }

            throw new InvalidOperationException("the work fails");
        };
        var outcome = await RunAsync(script);

        Assert.Equal((Outcome.Types.Kind.Failed, "the work fails"), (outcome.Kind, outcome.Message));
        Assert.Equal(["init", "load", "cleanup", "third", "second", "first", "dispose"], script.Calls);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Paths_ThatAreRegistered_AreDeletedAtTheEnd()
    {
        var root = Directory.CreateTempSubdirectory("orleansflow-tests").FullName;
        var (file, folder, kept) = (Path.Combine(root, "f"), Path.Combine(root, "d"), Path.Combine(root, "kept"));
        var script = new HandlerScript
        {
            Load = async (context, token) =>
            {
                await File.WriteAllTextAsync(file, "", token);
                await File.WriteAllTextAsync(kept, "", token);
                await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(folder).FullName, "inner"), "", token);
                context.DeleteAtEnd(file);
                context.DeleteAtEnd(folder);
                context.DeleteAtEnd(Path.Combine(root, "never made"));
            },
        };
        await RunAsync(script);

        Assert.Equal([kept], Directory.EnumerateFileSystemEntries(root));
        Directory.Delete(root, recursive: true);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task IdempotencyKey_NamesTaskAndBatchAndIsTheSameInEachAttempt()
    {
        var keys = new List<string>();
        var script = new HandlerScript
        {
            Load = (context, _) => Note(context),
            Read = (_, _) => HandlerScript.Inputs(2),
            Process = async (context, _, _) =>
            {
                await Note(context);
                return BatchOutcome.None;
            },
            Finish = async (context, _) =>
            {
                await Note(context);
                return FinalizeOutcome.None;
            },
        };
        await RunAsync(script, WorkerHarness.OfferOf("run/node/3"));
        await RunAsync(script, WorkerHarness.OfferOf("run/node/3", epoch: 2));

        string[] expected = ["run/node/3", "run/node/3/0", "run/node/3/1", "run/node/3"];
        Assert.Equal([.. expected, .. expected], keys);

        ValueTask Note(RunContext context)
        {
            keys.Add(context.IdempotencyKey);
            return ValueTask.CompletedTask;
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Remaining_CountsDownToTheTimeLimitAndAfterAStopToTheEndOfTheGrace()
    {
        var (gate, stopped) = (new Gate(), new Gate());
        RunContext? seen = null;
        var script = new HandlerScript
        {
            Load = async (context, token) =>
            {
                seen = context;
                await gate.PassAsync(token).ContinueWith(_ => { }, TaskScheduler.Default);
                await stopped.PassDeafAsync();
            },
        };
        await using var worker = new WorkerHarness(script, options => options with { StopGrace = TimeSpan.FromSeconds(3) });
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf(timeoutMs: 10_000));
        await gate.Reached;

        worker.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal((TimeSpan.FromSeconds(6), worker.Clock.GetUtcNow() + TimeSpan.FromSeconds(6)), (seen!.Remaining, seen.DeadlineUtc));
        seen.ThrowIfStopping();
        await gateway.RevokeAsync(WorkerHarness.LeaseOf(), "cancelled");
        await stopped.Reached;
        worker.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(TimeSpan.FromSeconds(2), seen.Remaining);
        Assert.Throws<OperationCanceledException>(seen.ThrowIfStopping);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => seen.CancellableAsync(new TaskCompletionSource().Task));
        worker.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(TimeSpan.Zero, seen.Remaining);
        stopped.Open();
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Totals_OfARepeatedAttempt_BeginWithWhatStands()
    {
        var totals = new List<RunTotals>();
        var script = new HandlerScript
        {
            Resumes = true,
            Load = (context, _) =>
            {
                totals.Add(context.Totals);
                return ValueTask.CompletedTask;
            },
            Read = (_, _) => HandlerScript.Inputs(1),
            Process = (context, _, _) =>
            {
                context.AddMetric("seen", 2);
                context.AddMetric("seen", 3);
                return ValueTask.FromResult(new BatchOutcome(HandlerScript.Numbers(7)));
            },
            Finish = (context, _) =>
            {
                totals.Add(context.Totals);
                return ValueTask.FromResult(FinalizeOutcome.None);
            },
        };
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        var offer = WorkerHarness.OfferOf(epoch: 2, accepted: 3);
        offer.Totals = new Totals { Rows = 30, Metrics = { ["seen"] = 12 } };
        await gateway.OfferAsync(offer);
        var report = Assert.Single(await gateway.NextReportsAsync(1));
        await gateway.AcceptBatchAsync(report.Lease, 3);
        await gateway.NextOutcomeAsync();

        Assert.Equal((3, 5.0), (report.Index, report.Metrics["seen"]));
        Assert.Equal([(3, 30L, 12.0), (4, 31L, 17.0)], totals.Select(one => (one.Batches, one.Items, one.Metrics["seen"])));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Process_OfAStoppedAttempt_EndsWithAllThatItStarted()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Signals of process groups are tested on Linux.");
        }

        var line = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var script = new HandlerScript
        {
            Load = async (context, token) =>
            {
                // The child ignores the request to end; the shell does not.
                var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true };
                start.ArgumentList.Add("-c");
                start.ArgumentList.Add("(trap '' TERM; exec sleep 600) & echo $!; wait");
                await context.RunProcessAsync(start, text => line.TrySetResult(text), TimeSpan.FromMilliseconds(1), token);
            },
        };
        await using var worker = new WorkerHarness(script, clock: TimeProvider.System);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(WorkerHarness.OfferOf());
        var child = int.Parse(await line.Task, System.Globalization.CultureInfo.InvariantCulture);

        await gateway.RevokeAsync(WorkerHarness.LeaseOf(), "cancelled");

        Assert.Equal(Outcome.Types.Kind.Stopped, (await gateway.NextOutcomeAsync()).Kind);
        while (IsRunning(child))
        {
            // Killed already; whoever inherited it has yet to take notice.
            await Task.Yield();
        }
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Process_ThatEnds_GivesItsExitCodeAndLines()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("Uses a shell.");
        }

        var lines = new List<string>();
        var code = 0;
        var script = new HandlerScript
        {
            Load = async (context, token) =>
            {
                var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
                start.ArgumentList.Add("-c");
                start.ArgumentList.Add("echo \"$WORD\"; echo err >&2; exit 7");
                start.Environment["WORD"] = "two words";
                code = await context.RunProcessAsync(start, lines.Add, null, token);
            },
        };
        Assert.Equal(Outcome.Types.Kind.Completed, (await RunAsync(script)).Kind);

        Assert.Equal(7, code);
        Assert.Equal(["err", "two words"], lines.Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Process_ThatDoesNotExist_IsBadInput()
    {
        var script = new HandlerScript { Load = async (context, token) => await context.RunProcessAsync(new ProcessStartInfo(""), null, null, token) };

        Assert.Equal("bad_input", (await RunAsync(script)).Reason);
    }

    private static async Task<Outcome> RunAsync(HandlerScript script, Offer? offer = null)
    {
        await using var worker = new WorkerHarness(script);
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);
        await gateway.OfferAsync(offer ?? WorkerHarness.OfferOf());
        return await gateway.NextOutcomeAsync();
    }

    private static bool IsRunning(int process)
    {
        // A killed child that its parent has not waited for is a zombie.
        var path = $"/proc/{process}/stat";
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Split(')')[^1].TrimStart()[0] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }
}
