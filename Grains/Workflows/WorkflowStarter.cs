using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Grains.Commits;
using OrleansFlow.Tasks;
using OrleansFlow.Workers;
using OrleansFlow.Workflows;

namespace OrleansFlow.Grains.Workflows;

/// <summary>See <see cref="IWorkflowStarter"/>. Thread-safe.</summary>
/// <remarks>
/// 1. The starts of one definition ask its queue for slots. 2. Each run that has one commits its beginning and its first lease together. 3. The leases go to
/// their worker, and the runs to the index, as many at a time as are there. Slots that no run took are given back; leases that could not be handed over
/// are revoked by their worker's grain, or end by themselves. A start without a slot goes through the queue, as one of a child or of a schedule does.
/// </remarks>
internal sealed partial class WorkflowStarter : IWorkflowStarter
{
    private readonly IGrainFactory _grains;
    private readonly WorkflowDefinitions _definitions;
    private readonly ILogger<WorkflowStarter> _logger;
    private readonly Gatherer<(WorkflowLine Line, bool IsLeased)>[] _lines;
    private readonly bool _mayLease;

    public WorkflowStarter(IGrainFactory grains, WorkflowDefinitions definitions, IOptions<LimitOptions> limits, ILogger<WorkflowStarter> logger)
    {
        (_grains, _definitions, _logger) = (grains, definitions, logger);

        // A limit counts what goes through queues.
        _mayLease = limits.Value is { Total: null, EachRole: null, Roles.Count: 0 };
        _lines = [.. Enumerable.Range(0, IWorkflowIndexGrain.ShardCount).Select(shard => new Gatherer<(WorkflowLine Line, bool IsLeased)>(lines => RecordAsync(shard, lines)))];
    }

    public IReadOnlyList<Task<bool>> Start(IReadOnlyList<(RunId Run, WorkflowStart Start)> starts)
    {
        var starting = new Task<bool>[starts.Count];
        var groups = new Dictionary<(string Workflow, int Version, string? Hash), List<int>>();
        for (var place = 0; place < starts.Count; place++)
        {
            var start = starts[place].Start;
            if (!_mayLease || start.Version < 1 || start.NotBeforeUtc is not null)
            {
                starting[place] = BeginAsync(starts[place].Run, start, tickets: null);
                continue;
            }

            ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, (start.Workflow, start.Version, start.Hash), out _);
            (group ??= []).Add(place);
        }

        foreach (var ((workflow, version, hash), places) in groups)
        {
            var tickets = new StartTickets(_grains, places.Count, OnFailed);
            var taking = tickets.TakeAsync(() => RoleOfAsync(workflow, version, hash));
            foreach (var place in places)
            {
                starting[place] = BeginAsync(starts[place].Run, starts[place].Start, tickets, taking);
            }
        }

        return starting;
    }

    /// <summary>What the first step of a definition goes through; null where it needs more than a slot.</summary>
    private async Task<(string Role, string Needs)?> RoleOfAsync(string name, int version, string? hash)
    {
        if (await _definitions.LoadAsync(_grains, name, version, CancellationToken.None) is not { } workflow || (hash is not null && hash != workflow.Hash))
        {
            return null;
        }

        var plan = WorkflowPlan.Of(workflow);
        return plan.LimitKeys[workflow.Start] is null ? (plan.RoleOf(workflow.Start), plan.Needs) : null;
    }

    private async Task<bool> BeginAsync(RunId run, WorkflowStart start, StartTickets? tickets, Task? taking = null)
    {
        var grain = _grains.GetGrain<IWorkflowRunGrain>(run.Value);
        WorkflowBegun begun;
        if (tickets is null)
        {
            begun = await grain.BeginAsync(start, ticket: null, CancellationToken.None);
        }
        else
        {
            await taking!;
            var ticket = tickets.Next();
            LeaseGrant? grant = null;
            try
            {
                begun = await grain.BeginAsync(start, ticket?.Ticket, CancellationToken.None);
                grant = begun.Grant;
            }
            finally
            {
                tickets.End(ticket, grant);
            }
        }

        if (begun.Line is { } line)
        {
            await _lines[WorkflowShards.NumberOf(run)].AddAsync((line, begun.Grant is not null));
        }

        return begun.Created;
    }

    /// <summary>The commits of steps that were leased follow at once: the line shares the first of them, instead of being in its way.</summary>
    private Task RecordAsync(int shard, IReadOnlyList<(WorkflowLine Line, bool IsLeased)> lines) => _grains.GetGrain<IWorkflowIndexGrain>(WorkflowShards.Keys[shard])
        .RecordManyAsync([.. lines.Select(one => one.Line)], lines.All(one => one.IsLeased), CancellationToken.None);

    private void OnFailed(Exception exception, SlotTicket? ticket)
    {
        if (ticket is null)
        {
            LogNoSlots(exception);
        }
        else
        {
            LogNotHandedOver(exception, ticket.Worker, ticket.Number);
        }
    }

    [LoggerMessage(EventId = 1067, Level = LogLevel.Warning, Message = "Slots for the first steps of new workflow runs could not be asked for; the steps go through their queue")]
    private partial void LogNoSlots(Exception exception);

    [LoggerMessage(EventId = 1066, Level = LogLevel.Warning, Message = "First steps for worker {Worker} (ticket {Ticket}) could not be handed over; their leases end by themselves")]
    private partial void LogNotHandedOver(Exception exception, WorkerId worker, long ticket);
}
