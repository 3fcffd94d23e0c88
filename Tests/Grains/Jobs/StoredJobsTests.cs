using System.Text.Json;
using Google.Protobuf;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Jobs;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Tests.Grains.Jobs;

/// <summary>Goal: all of a job that must not be lost comes back from the store.</summary>
public sealed class StoredJobsTests
{
    [Fact]
    public void Job_WithAllThatItCanHave_ComesBackAsItWas()
    {
        var at = DateTimeOffset.UnixEpoch.AddDays(20_000);
        var part = new StoredSubtask(new SubtaskState { Bytes = 9, CommitData = ByteString.CopyFromUtf8("c") }, NeedsCommit: true);
        var commit = new SubtaskCommit { OperatorId = "sink", SubtaskIndex = 1, Data = ByteString.CopyFromUtf8("d") };
        var next = JobPlan.Rescaled(JobWorld.Program, new Dictionary<uint, int> { [1] = 3 });
        var plan = JobPlan.From(JobWorld.Program);
        var state = StreamJob.None with
        {
            JobId = "rides",
            Status = JobStatus.Rescaling,
            Phase = JobPhase.LastCheckpoint,
            StatusSinceUtc = at,
            DeadlineUtc = at.AddMinutes(1),
            Generation = 4,
            Plan = plan,
            NextPlan = JobPlan.From(next),
            Settings = new JobSettings { CheckpointInterval = TimeSpan.FromSeconds(3), IsPreview = true, TimeToLive = TimeSpan.FromHours(1) },
            Seed = ulong.MaxValue - 5,
            StopMode = JobStopMode.Checkpoint,
            IsStateUnwanted = true,
            IgnoreBefore = 3,
            Assignment = JobAssignment.TryPlace(plan, [new JobWorker("w1", 1, "d1", "r1"), new JobWorker("w2", 1, "d2", "r2")])!,
            Finished = [new SubtaskKey(1, 1)],
            RestartCount = 2,
            EndsUtc = at.AddHours(1),
            Failure = new JobFailure(FlowErrorCode.WorkerLost, "gone", IsRetryable: true),
            IsGivingUp = true,
            Book = CheckpointBook.New with
            {
                Epoch = 12,
                MinEpoch = 2,
                Kept = [2, 11],
                Latest = new JobCheckpoint(11, 3, "m11") { NeedsCommit = true, IsCommitted = false, Commits = [commit], HoldsRows = true },
                Current = new CheckpointRun(12, CheckpointPhase.Committing, at, at.AddMinutes(5))
                {
                    ThenStop = true,
                    IsReplay = true,
                    IsFinal = true,
                    Gathered = CheckpointBook.New.Finals.Add(new OperatorSubtask("sink", 1), part),
                    Manifest = new CheckpointManifest { Epoch = 12 },
                    Commits = [commit],
                    Uncommitted = [new OperatorSubtask("sink", 1)],
                },
                DueUtc = at.AddSeconds(2),
                IsLastWanted = true,
                IsFinalTaken = true,
                FailedInARow = 1,
                Finals = CheckpointBook.New.Finals.Add(new OperatorSubtask("source", 0), part),
                Compactions = [new CompactionAsk("source", "t", at)],
            },
        };
        var stored = new StreamJobRow { Job = new KeptJob(state, JobWorld.Program, next, "file:///checkpoints").ToStored() };

        var json = JsonSerializer.Serialize(stored, StreamJobJson.Default.StreamJobRow);
        var back = JsonSerializer.Deserialize(json, StreamJobJson.Default.StreamJobRow)!.Job!.ToJob();

        Assert.Equal(json, JsonSerializer.Serialize(new StreamJobRow { Job = back.ToStored() }, StreamJobJson.Default.StreamJobRow));
        Assert.Equivalent(state, back.State, strict: true);
        Assert.Equal((JobWorld.Program, next, "file:///checkpoints"), (back.Program, back.NextProgram, back.CheckpointUrl));
    }

    [Fact]
    public void NextProgram_BecomesTheProgram_OnceTheJobHasTakenItUp()
    {
        var next = JobPlan.Rescaled(JobWorld.Program, new Dictionary<uint, int> { [1] = 3 });
        var waiting = StreamJob.None with { NextPlan = JobPlan.From(next) };
        var kept = new KeptJob(waiting, JobWorld.Program, next, "");

        Assert.Same(JobWorld.Program, kept.With(waiting).Program);
        Assert.Equal((next, null), (kept.With(StreamJob.None).Program, kept.With(StreamJob.None).NextProgram));
    }
}
