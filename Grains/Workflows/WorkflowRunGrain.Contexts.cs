using System.Collections.Immutable;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Execution;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Grains.Workflows;

/// <content>How a worker gets the context that a step is to see: what it does not have of it.</content>
internal sealed partial class WorkflowRunGrain
{
    /// <summary>A context that is no larger than this, in bytes of JSON, is sent whole: keeping book of who has which version would cost more.</summary>
    private const int SmallBytes = 512;

    /// <summary>Deltas after which a worker is asked to fold them into a new snapshot.</summary>
    private const int FoldAfter = 32;

    /// <summary>The version of the context that each worker got last.</summary>
    private Dictionary<WorkerId, long>? _contexts;

    private (long Version, int Count, long Bytes) _deltaBytes;

    /// <summary>A lease that was decided, and what its worker gets.</summary>
    private LeaseGrant Lease(WorkflowRunState state, WorkItem item, WorkerId worker, DateTimeOffset nowUtc, int inRow)
    {
        var lease = new StepLease(item.Epoch, worker, nowUtc + _leaseOptions.Duration, inRow);
        _leases[item.Id] = lease;
        Arm(lease.ExpiresUtc);
        var (known, bytes) = (KnownTo(worker, state), DeltaBytesOf(state));
        var task = new StepTask
        {
            Kind = item.Node < 0 ? StepTaskKind.Update : StepTaskKind.Step,
            Item = item.Id,
            Node = Math.Max(0, item.Node),
            Name = item.Update,
            Input = item.Input,
            Lane = item.Lane,
            Signal = item.Signal,
            HasSignal = item.HasSignal,
            SignalPayload = item.SignalPayload,
            Saved = item.Saved,
            Children = item.Children,
            HasSnapshot = known is null,
            Snapshot = known is null ? state.Snapshot : default,
            BaseVersion = known ?? state.SnapshotVersion,
            Deltas = DeltasSince(state, known ?? state.SnapshotVersion),
            WantsFold = item.Node >= 0 && state.Deltas.Count >= FoldAfter && bytes >= state.Snapshot.Length,
        };
        return new LeaseGrant
        {
            Token = new LeaseToken(TaskId.OfWorkflow(_id, item.Id), item.Epoch),
            Role = PlanOf(state).RoleOf(item.Node),
            Attempt = item.Attempts,
            Timeout = item.LimitUtc - nowUtc,
            Step = StepTaskJson.Write(task),
        };
    }

    /// <summary>The version of the context that a worker has and that the step can go on from; null where it gets the whole.</summary>
    private long? KnownTo(WorkerId worker, WorkflowRunState state)
    {
        if (state.Snapshot.Length + DeltaBytesOf(state) <= SmallBytes)
        {
            return null;
        }

        var has = (_contexts ??= []).TryGetValue(worker, out var known) && known >= state.SnapshotVersion;
        _contexts[worker] = state.ContextVersion;
        return has ? known : null;
    }

    private static ImmutableArray<Payload> DeltasSince(WorkflowRunState state, long version)
    {
        var first = (int)(version - state.SnapshotVersion);
        if (first == state.Deltas.Count)
        {
            return [];
        }

        var deltas = ImmutableArray.CreateBuilder<Payload>(state.Deltas.Count - first);
        for (var place = first; place < state.Deltas.Count; place++)
        {
            deltas.Add(state.Deltas[place]);
        }

        return deltas.MoveToImmutable();
    }

    /// <summary>How much the deltas take, counted on from the last time.</summary>
    private long DeltaBytesOf(WorkflowRunState state)
    {
        var (version, count, bytes) = _deltaBytes;
        if (version != state.SnapshotVersion || count > state.Deltas.Count)
        {
            (count, bytes) = (0, 0);
        }

        for (; count < state.Deltas.Count; count++)
        {
            bytes += state.Deltas[count].Length;
        }

        _deltaBytes = (state.SnapshotVersion, count, bytes);
        return bytes;
    }
}
