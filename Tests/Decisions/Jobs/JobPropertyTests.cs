using FsCheck;
using FsCheck.Fluent;
using OrleansFlow.Decisions.Jobs;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>What holds in every history that random commands, losses and repeats can make.</summary>
public sealed class JobPropertyTests
{
    [Fact]
    public void States_FollowEachOtherOnlyAsAllowed() => Check(model => model.History.All(item =>
    {
        var at = item.Before.Status;
        foreach (var (from, to) in Moves(item.Decision))
        {
            if (from != at || !JobTransitions.IsAllowed(from, to))
            {
                return false;
            }

            at = to;
        }

        return at == item.Decision.State.Status;
    }));

    [Fact]
    public void Generation_NeverShrinks() => Check(model => model.History.All(item => item.Decision.State.Generation >= item.Before.Generation));

    [Fact]
    public void Orders_AreNeverGivenForAnOlderGeneration() => Check(model => model.History.All(item => item.Decision.Orders.OfType<JobOrder.OfGeneration>().All(order =>
        order is JobOrder.TearDown or JobOrder.StopTasks ? order.Generation >= item.Before.Generation : order.Generation == item.Decision.State.Generation)));

    [Fact]
    public void MessagesOfAnotherGeneration_ChangeNothing_AndAreCounted() => Check(model => model.History
        .Where(item => item.Command is JobCommand.OfGeneration other && other.Generation != item.Before.Generation)
        .All(item => item.Decision.State with { WakeUtc = null } == item.Before with { StaleCount = item.Before.StaleCount + 1, WakeUtc = null }
            && item.Decision.Orders.All(order => order is JobOrder.WakeAt)));

    [Fact]
    public void Epoch_IsNeverGivenOutOrCompletedTwice() => Check(model =>
    {
        var completed = model.Orders.OfType<JobOrder.Tell>().Where(tell => tell.Kind == JobNews.CheckpointCompleted).Select(tell => tell.Epoch).ToList();
        var begun = model.History.Where(item => item.Command is not JobCommand.Reload).SelectMany(item => item.Decision.Orders.OfType<JobOrder.Checkpoint>().Select(order => order.Epoch).Distinct()).ToList();
        return completed.Count == completed.Distinct().Count() && begun.SequenceEqual(begun.Order().Distinct())
            && model.History.All(item => item.Decision.State.Book.Epoch >= item.Before.Book.Epoch);
    });

    [Fact]
    public void JobAtRest_StaysThere_UnlessSomebodyStartsIt() => Check(model => model.History
        .Where(item => JobTransitions.IsAtRest(item.Before.Status) && item.Decision.State.Status != item.Before.Status)
        .All(item => item.Before.Status != JobStatus.Finished && item.Command is JobCommand.StartAgain or JobCommand.Restart or JobCommand.StopJob { Mode: JobStopMode.None }));

    [Fact]
    public void EveryState_ButRunningAndRest_HasADeadline_AndATickBeforeIt() => Check(model => model.History.All(item =>
    {
        var job = item.Decision.State;
        return JobTransitions.IsAtRest(job.Status) ? job.DeadlineUtc is null && job.WakeUtc is null
            : job.Status == JobStatus.Running ? job.DeadlineUtc is null && job.WakeUtc is not null
            : job.DeadlineUtc is { } deadline && job.WakeUtc <= deadline;
    }));

    [Fact]
    public void Commit_IsOrderedOnly_AfterAllStatesOfItsEpochWereStored_AndItsManifestKept() => Check(model =>
    {
        var stored = new HashSet<(long Generation, long Epoch, OperatorSubtask Subtask)>();
        var published = new HashSet<long>();
        foreach (var (before, command, decision, kept) in model.History)
        {
            if (command is JobCommand.StateStored store && store.Generation == before.Generation)
            {
                stored.Add((store.Generation, store.Epoch, store.Subtask));
            }

            if (kept is not null)
            {
                published.Add(kept.Epoch);
            }

            var isWhole = decision.Orders.OfType<JobOrder.PublishManifest>().All(publish => publish.Manifest.Operators.All(one => Enumerable.Range(0, (int)one.Parallelism).All(index =>
                stored.Contains((publish.Generation, publish.Manifest.Epoch, new OperatorSubtask(one.OperatorId, index)))
                || stored.Contains((publish.Generation, CheckpointCoordinator.AtTheEnd, new OperatorSubtask(one.OperatorId, index))))));
            if (!isWhole || !decision.Orders.OfType<JobOrder.Commit>().All(commit => published.Contains(commit.Epoch)))
            {
                return false;
            }
        }

        return true;
    });

    [Fact]
    public void StagedRows_AreForgottenOnly_WhenTheyAreCommittedOrSomebodyWantsNoState() => Check(model => model.History
        .Where(item => item.Before.Book.Latest is { IsOpen: true })
        .All(item => item.Decision.State.Book.Latest is { } latest
            ? latest.Epoch == item.Before.Book.Latest!.Epoch
            : item.Before.IsStateUnwanted));

    [Fact]
    public void Manifest_FollowsTheNewestThatTheStoreKept_AndNoneIsMadeWhileCommitsAreOpen() => Check(model => model.History.All(item =>
        item.Decision.Orders.OfType<JobOrder.PublishManifest>().All(order =>
        {
            var parent = item.Kept is { } kept && kept.Epoch >= item.Decision.State.IgnoreBefore ? kept : null;
            return item.Decision.State.Book.Latest is not { IsOpen: true } && parent is not { IsOpen: true } && order.Manifest.Parent == (parent?.Manifest ?? "");
        })));

    [Fact]
    public void Histories_MakeAllOfItHappen()
    {
        // Else the rules were never put to the test.
        var models = Enumerable.Range(0, 500).Select(seed => JobModel.Run(seed)).ToList();
        var orders = models.SelectMany(model => model.Orders).ToList();
        var completed = orders.OfType<JobOrder.Tell>().Where(tell => tell.Kind == JobNews.CheckpointCompleted).ToList();

        Assert.True(completed.Count > 500, $"{completed.Count} checkpoints were completed");
        Assert.True(completed.Count(tell => tell.Message.EndsWith("replayed.", StringComparison.Ordinal)) > 20, "too few commits were replayed");
        Assert.True(orders.OfType<JobOrder.Commit>().Count() > 500, "too few commits");
        Assert.True(orders.OfType<JobOrder.PublishManifest>().Count(order => order.Manifest.Parent.Length > 0) > 200, "too few checkpoints that follow another");
        Assert.True(models.Count(model => model.Job.Generation > 3) > 100, "too few generations");
        Assert.True(models.Sum(model => model.Job.StaleCount) > 500, "too few stale messages");
    }

    [Fact]
    public void FinishedJob_HasCommittedAllThatItsSinksStaged() => Check(model => model.History
        .Where(item => item.Decision.State.Status == JobStatus.Finished && item.Before.Status != JobStatus.Finished)
        .All(item => item.Decision.State.Book.Latest is not { IsOpen: true } && item.Before.Book.Finals.Values.All(final => !final.NeedsCommit)));

    [Fact]
    public void WhatMustNotBeLost_IsStoredFirst() => Check(model => model.History.All(item =>
        item.Decision.State.Durable() == item.Before.Durable() || item.Decision.Orders[0] is JobOrder.Persist));

    [Fact]
    public void Preview_NeverRecovers() => Check(model => !model.Settings.IsPreview || model.History.All(item => item.Decision.State.Status != JobStatus.Recovering));

    [Fact]
    public void Job_RunsOrRests_OnceNothingBadHappensAnyMore() => Check(model => model.SettlesDown());

    [Fact]
    public void Job_ThatNobodyAnswers_ComesToAnEnd_WhateverItWaitsFor() => Check(model => model.Rules.RestartsMax < 0 || model.EndsInSilence());

    [Fact]
    public void Histories_ReachEveryTransition()
    {
        var wanted = (from one in Enum.GetValues<JobStatus>() from other in Enum.GetValues<JobStatus>() where JobTransitions.IsAllowed(one, other) select (one, other)).ToHashSet();
        for (var seed = 0; seed < 20_000 && wanted.Count > 0; seed++)
        {
            foreach (var item in JobModel.Run(seed).History)
            {
                wanted.ExceptWith(Moves(item.Decision));
            }
        }

        Assert.Empty(wanted);
    }

    private static IEnumerable<(JobStatus From, JobStatus To)> Moves(JobDecision decision) => decision.Orders.OfType<JobOrder.Tell>()
        .Where(tell => tell.Kind == JobNews.StateChanged)
        .Select(tell => tell.Message[..tell.Message.IndexOf(':', StringComparison.Ordinal)].Split(" -> "))
        .Select(names => (Enum.Parse<JobStatus>(names[0]), Enum.Parse<JobStatus>(names[1])));

    private static void Check(Func<JobModel, bool> holds) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed => holds(JobModel.Run(seed))).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
}
