using Google.Protobuf;
using OrleansFlow.Decisions.Jobs;
using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Tests.Decisions.Jobs;

/// <summary>A source with two subtasks and a sink with one, on two workers, whose checkpoints are decided upon.</summary>
internal sealed class CheckpointScene(JobRules? rules = null)
{
    public static readonly OperatorSubtask SourceA = new("source", 0);
    public static readonly OperatorSubtask SourceB = new("source", 1);
    public static readonly OperatorSubtask Sink = new("sink", 0);
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public static JobPlan Plan { get; } = new([new JobNode(1, 2, ["source"], true), new JobNode(2, 1, ["sink"], false)], ByteString.CopyFromUtf8("hash"));

    public JobRules Rules { get; } = rules ?? JobRules.Default;

    public JobPlan Program { get; set; } = Plan;

    public long Generation { get; set; } = 3;

    public CheckpointBook Book { get; set; } = CheckpointBook.New;

    public DateTimeOffset NowUtc { get; set; } = DateTimeOffset.UnixEpoch.AddDays(20_000);

    public CheckpointDecision Last { get; private set; } = new(CheckpointBook.New, []);

    public List<JobOrder> Orders { get; } = [];

    public CheckpointDecision Do(CheckpointCommand command)
    {
        var assignment = JobAssignment.TryPlace(Program, [new JobWorker("w1", 1), new JobWorker("w2", 8)])!;
        Last = CheckpointCoordinator.Decide(Book, command, new CheckpointContext("job", Generation, Program, assignment, Interval, 11, Rules), NowUtc);
        Book = Last.Book;
        Orders.AddRange(Last.Orders);
        return Last;
    }

    public CheckpointDecision After(TimeSpan time, bool mayStart = true)
    {
        NowUtc += time;
        return Do(new CheckpointCommand.Tick(mayStart));
    }

    /// <summary>Begins, and starts the first checkpoint.</summary>
    public CheckpointScene Started()
    {
        Do(new CheckpointCommand.Begin());
        After(Interval);
        return this;
    }

    public CheckpointDecision Store(OperatorSubtask subtask, long epoch, bool needsCommit = false, SubtaskState? state = null)
    {
        state ??= new SubtaskState();
        state.CommitData = needsCommit ? ByteString.CopyFromUtf8($"{subtask} {epoch}") : ByteString.Empty;
        return Do(new CheckpointCommand.Store(subtask, epoch, state, needsCommit));
    }

    public CheckpointDecision StoreAll(long epoch, bool sinkCommits = false)
    {
        Store(SourceA, epoch);
        Store(SourceB, epoch);
        return Store(Sink, epoch, sinkCommits);
    }

    public CheckpointDecision Keep(long epoch) => Do(new CheckpointCommand.Publish(epoch, PublishOutcome.Kept, $"manifest-{epoch}", ""));

    /// <summary>A whole checkpoint, from its start to its end.</summary>
    public void Complete(long epoch, bool sinkCommits = false)
    {
        StoreAll(epoch, sinkCommits);
        Keep(epoch);
        if (sinkCommits)
        {
            Do(new CheckpointCommand.Commit(Sink, epoch));
            Do(new CheckpointCommand.Mark(epoch));
        }

        After(Interval);
    }
}
