using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Sessions;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Worker.Sessions;

/// <summary>
/// Goal: what a dead process had done and not sent is sent by the next one. Method: the outbox folder is copied at the moment of the crash, and a
/// second worker of the same id begins with the copy.
/// </summary>
public sealed class OutboxRecoveryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("orleansflow-tests").FullName;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outbox_AfterACrashBetweenArtifactAndReport_LosesNothing()
    {
        // The stream is gone when the batches are written, so nothing of them was ever sent.
        var gate = new Gate();
        await using (var dead = Start("dead", Emitting(2, gate)))
        {
            var gateway = await ScriptedSession.AcceptAsync(dead.Transport);
            await gateway.OfferAsync(WorkerHarness.OfferOf());
            await gate.Reached;
            gateway.Lose();
            await ScriptedSession.AcceptUnansweredAsync(dead.Transport);
            gate.Open();
            await UntilAsync(() => Copied("dead", "copy") == 2);
        }

        await using var next = Start("copy", Emitting(2));
        await using var session = await ScriptedSession.AcceptAsync(next.Transport);
        await session.OfferAsync(WorkerHarness.OfferOf());
        var reports = await session.NextReportsAsync(2);

        Assert.Equal([0, 1], reports.Select(report => report.Index));
        Assert.Empty(next.Script.Calls);
        await session.AcceptBatchAsync(reports[0].Lease, 0);
        await session.AcceptBatchAsync(reports[0].Lease, 1);
        Assert.Equal(2, (await session.NextOutcomeAsync()).BatchCount);
        Assert.Empty(next.Store.Files);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outcome_ThatWasNotAnswered_IsPresentedAsHeldAndSentAgain()
    {
        await using (var dead = Start("dead", new HandlerScript { Finish = (_, _) => ValueTask.FromResult(new FinalizeOutcome(ResultJson: "17")) }))
        {
            var gateway = await ScriptedSession.AcceptAsync(dead.Transport);
            await gateway.OfferAsync(WorkerHarness.OfferOf());
            await gateway.NextOutcomeAsync();
            Assert.True(Copied("dead", "copy") > 0);
        }

        await using var next = Start("copy", new HandlerScript());
        await using var session = await ScriptedSession.AcceptAsync(next.Transport);
        var outcome = await session.NextOutcomeAsync();

        Assert.Equal([WorkerHarness.LeaseOf()], session.Register.Held);
        Assert.Equal((Outcome.Types.Kind.Completed, "17"), (outcome.Kind, outcome.ResultJson));
        await session.AcceptOutcomeAsync(outcome.Lease);
        await session.RoundTripAsync();
        await UntilAsync(() => next.Session.AttemptCount == 0);
        Assert.Empty(next.Script.Calls);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outcome_WhoseLeaseIsLost_IsForgotten()
    {
        await using (var dead = Start("dead", new HandlerScript()))
        {
            var gateway = await ScriptedSession.AcceptAsync(dead.Transport);
            await gateway.OfferAsync(WorkerHarness.OfferOf());
            await gateway.NextOutcomeAsync();
            Copied("dead", "copy");
        }

        await using var next = Start("copy", new HandlerScript());
        await using var session = await ScriptedSession.AcceptAsync(next.Transport, WorkerHarness.LeaseOf());

        await session.RoundTripAsync();
        await UntilAsync(() => next.Session.AttemptCount == 0);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Reports_OfAnAttemptThatHadNotEnded_LeaveWhenItsLeaseIsOfferedAgainAndTheWorkGoesOnBehindThem()
    {
        var gate = new Gate();
        await using (var dead = Start("dead", Emitting(3, gate, gateAt: 2)))
        {
            var gateway = await ScriptedSession.AcceptAsync(dead.Transport);
            await gateway.OfferAsync(WorkerHarness.OfferOf());
            await gateway.NextReportsAsync(2);
            await gate.Reached;
            Copied("dead", "copy");
        }

        var begun = -1;
        var script = Emitting(3);
        script.Init = (context, _) =>
        {
            begun = context.AcceptedBatchCount;
            return ValueTask.CompletedTask;
        };
        await using var next = Start("copy", script);
        await using var session = await ScriptedSession.AcceptAsync(next.Transport);
        Assert.Empty(session.Register.Held);
        Assert.True(session.Register.Adopts);

        // The owner had accepted the first before the crash.
        await session.OfferAsync(WorkerHarness.OfferOf(accepted: 1));
        var report = Assert.Single(await session.NextReportsAsync(1));
        Assert.Equal(1, report.Index);
        await session.RoundTripAsync();
        Assert.Equal(-1, begun);
        await session.AcceptBatchAsync(report.Lease, 1);

        Assert.Equal(2, Assert.Single(await session.NextReportsAsync(1)).Index);
        Assert.Equal(2, begun);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Worker_WhoseFolderWasDeleted_StartsWithNothingAndRunsWhatItIsOffered()
    {
        await using (var dead = Start("dead", new HandlerScript()))
        {
            var gateway = await ScriptedSession.AcceptAsync(dead.Transport);
            await gateway.OfferAsync(WorkerHarness.OfferOf());
            await gateway.NextOutcomeAsync();
        }

        await using var next = Start("never made", new HandlerScript());
        await using var session = await ScriptedSession.AcceptAsync(next.Transport);
        Assert.Empty(session.Register.Held);
        await session.OfferAsync(WorkerHarness.OfferOf());

        Assert.Equal(Outcome.Types.Kind.Completed, (await session.NextOutcomeAsync()).Kind);
        Assert.Equal(["init", "load", "read", "finalize", "cleanup", "dispose"], next.Script.Calls);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Effects_OfAnotherCluster_AreForgotten()
    {
        await using (var dead = Start("dead", Emitting(1)))
        {
            var gateway = await ScriptedSession.AcceptAsync(dead.Transport);
            await gateway.OfferAsync(WorkerHarness.OfferOf());
            var report = Assert.Single(await gateway.NextReportsAsync(1));
            await gateway.AcceptBatchAsync(report.Lease, 0);
            await gateway.NextOutcomeAsync();
            Assert.True(Copied("dead", "copy") > 0);
        }

        await File.WriteAllTextAsync(Path.Combine(_root, "copy", "cluster"), "another", TestContext.Current.CancellationToken);
        await using var next = Start("copy", Emitting(1));
        await using var session = await ScriptedSession.AcceptAsync(next.Transport);
        await UntilAsync(() => next.Session.AttemptCount == 0);
        await session.OfferAsync(WorkerHarness.OfferOf());

        // The same ids and the same epoch, and yet another lease: the work is done for it.
        Assert.Equal(0, Assert.Single(await session.NextReportsAsync(1)).Index);
        Assert.Single(next.Store.Files);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outbox_OfMoreEndsThanCanBeUnanswered_IsTakenUpFromItsNewest()
    {
        using (var journal = EffectJournal.TryOpen(Path.Combine(_root, "busy"), NullLogger.Instance, out _)!)
        {
            journal.Bind("c1");
            for (var number = 0; number < 12_000; number++)
            {
                var lease = new Lease { TaskId = $"t{number}", Epoch = 1 };
                journal.Write(new WorkerMessage { Outcomes = new Outcomes { Outcomes_ = { new Outcome { Lease = lease, Kind = Outcome.Types.Kind.Completed } } } });
            }
        }

        await using var next = Start("busy", new HandlerScript());
        await using var session = await ScriptedSession.AcceptAsync(next.Transport);

        Assert.Equal(
            Enumerable.Range(2_000, 10_000).Select(number => $"t{number}").Order(StringComparer.Ordinal),
            session.Register.Held.Select(lease => lease.TaskId).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Outbox_ThatGrowsBetweenTwoHeartbeats_ForgetsWhatWasAnswered()
    {
        var result = $"\"{new string('x', 200_000)}\"";
        await using var worker = Start("busy", new HandlerScript { Finish = (_, _) => ValueTask.FromResult(new FinalizeOutcome(ResultJson: result)) });
        await using var session = await ScriptedSession.AcceptAsync(worker.Transport);
        for (var number = 0; number < 20; number++)
        {
            await session.OfferAsync(WorkerHarness.OfferOf($"t{number}"));
            await session.AcceptOutcomeAsync((await session.NextOutcomeAsync()).Lease);
            await session.RoundTripAsync();
        }

        Assert.InRange(Directory.GetFiles(Path.Combine(_root, "busy"), "*.effects").Sum(file => new FileInfo(file).Length), 1, 2_000_000);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Worker_WithoutAPlaceToWrite_Works()
    {
        await File.WriteAllTextAsync(Path.Combine(_root, "file"), "", TestContext.Current.CancellationToken);
        await using var worker = Start(Path.Combine("file", "below a file"), new HandlerScript());
        await using var gateway = await ScriptedSession.AcceptAsync(worker.Transport);

        await gateway.OfferAsync(WorkerHarness.OfferOf());

        Assert.Equal(Outcome.Types.Kind.Completed, (await gateway.NextOutcomeAsync()).Kind);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static HandlerScript Emitting(int count, Gate? gate = null, int gateAt = 0) => new()
    {
        Read = (_, _) => HandlerScript.Inputs(count),
        Process = async (_, input, _) =>
        {
            if (gate is not null && (long)input.Payload! == gateAt)
            {
                await gate.PassDeafAsync();
            }

            return new BatchOutcome(HandlerScript.Numbers((long)input.Payload!));
        },
    };

    private static async Task UntilAsync(Func<bool> happened)
    {
        while (!happened())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private WorkerHarness Start(string folder, HandlerScript script) =>
        new(script, options => options with { OutboxFolder = Path.Combine(_root, folder), StopGrace = TimeSpan.FromMilliseconds(1) });

    /// <summary>The folder as the crash leaves it.</summary>
    /// <returns>How many records it holds.</returns>
    private int Copied(string from, string to)
    {
        var target = Directory.CreateDirectory(Path.Combine(_root, to)).FullName;
        var count = 0;
        if (Path.Combine(_root, from, "cluster") is var cluster && File.Exists(cluster))
        {
            File.Copy(cluster, Path.Combine(target, "cluster"), overwrite: true);
        }

        Span<byte> head = stackalloc byte[8];
        foreach (var file in Directory.GetFiles(Path.Combine(_root, from), "*.effects"))
        {
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var copy = File.Create(Path.Combine(target, Path.GetFileName(file)));
            source.CopyTo(copy);
            copy.Position = 0;
            while (copy.Read(head) == head.Length)
            {
                count++;
                copy.Position += BitConverter.ToInt32(head);
            }
        }

        return count;
    }
}
