using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Execution;

namespace OrleansFlow.Testing;

/// <summary>What goes wrong with the steps of workflows: it watches what workers and silo say to each other, and knows from the offers which node is meant. Thread-safe.</summary>
internal sealed class StepFaults
{
    private readonly Lock _gate = new();
    private readonly List<Planned> _planned = [];
    private readonly Dictionary<(string Task, long Epoch), string> _nodes = [];
    private readonly List<string> _steps = [];
    private readonly Dictionary<string, CompiledWorkflow> _workflows = new(StringComparer.Ordinal);

    /// <summary>What happens.</summary>
    internal enum StepFault
    {
        Crash,
        LoseLease,
    }

    /// <summary>Faults that have not happened yet.</summary>
    public int PendingCount
    {
        get
        {
            lock (_gate)
            {
                return _planned.Count;
            }
        }
    }

    /// <summary>The leases of steps that workers were given, as <c>RUN NODE eEPOCH</c>, in order.</summary>
    public IReadOnlyList<string> Steps
    {
        get
        {
            lock (_gate)
            {
                return [.. _steps];
            }
        }
    }

    /// <summary>Tells whose places the offers of a role name.</summary>
    public void Know(string role, CompiledWorkflow workflow)
    {
        lock (_gate)
        {
            _workflows[role] = workflow;
        }
    }

    public void Plan(string node, StepMoment moment, int visit, StepFault fault)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        ArgumentOutOfRangeException.ThrowIfNegative(visit);
        lock (_gate)
        {
            if (_planned.Any(other => other.Node == node && other.Moment == moment && other.Visits == visit))
            {
                throw new ArgumentException($"Visit {visit} of node '{node}' has a fault at that moment already.", nameof(visit));
            }

            _planned.Add(new Planned(node, moment, fault) { Visits = visit });
        }
    }

    /// <summary>Something reaches a worker. Returns whether the worker is to crash before it sees it.</summary>
    public bool OnMessage(SiloMessage message)
    {
        var crashes = false;
        lock (_gate)
        {
            foreach (var offer in message.Offers?.Offers_ ?? [])
            {
                crashes |= Offered(offer);
            }

            foreach (var receipt in message.OutcomeReceipts?.Receipts ?? [])
            {
                crashes |= receipt.Accepted && Takes(receipt.Lease, StepMoment.AfterCommit) == StepFault.Crash;
                crashes |= receipt.Next is { } next && Offered(next);
            }
        }

        return crashes;
    }

    /// <summary>Something leaves a worker. Returns whether the worker is to crash first, and leases that are to be lost first.</summary>
    public (bool Crashes, IReadOnlyList<LeaseToken> Lost) OnSending(WorkerMessage message)
    {
        var crashes = false;
        List<LeaseToken> lost = [];
        lock (_gate)
        {
            foreach (var outcome in message.Outcomes?.Outcomes_ ?? [])
            {
                switch (Takes(outcome.Lease, StepMoment.BeforeCommit))
                {
                    case StepFault.Crash:
                        crashes = true;
                        break;
                    case StepFault.LoseLease:
                        lost.Add(new LeaseToken(TaskId.Parse(outcome.Lease.TaskId), outcome.Lease.Epoch));
                        break;
                }
            }
        }

        return (crashes, lost);
    }

    private bool Offered(Offer offer)
    {
        if (offer.Step.IsEmpty || !_workflows.TryGetValue(offer.Role, out var workflow))
        {
            return false;
        }

        StepTask task;
        try
        {
            task = StepTaskJson.Read(offer.Step.Memory);
        }
        catch (FlowException)
        {
            // The worker will say what is wrong with it.
            return false;
        }

        if (task.Kind != StepTaskKind.Step)
        {
            return false;
        }

        var node = workflow.Nodes[task.Node].Name;
        _nodes[(offer.Lease.TaskId, offer.Lease.Epoch)] = node;
        _steps.Add(string.Create(CultureInfo.InvariantCulture, $"{TaskId.Parse(offer.Lease.TaskId).RunId} {node} e{offer.Lease.Epoch}"));
        return Takes(offer.Lease, StepMoment.BeforeStep) == StepFault.Crash;
    }

    private StepFault? Takes(Lease lease, StepMoment moment)
    {
        if (!_nodes.TryGetValue((lease.TaskId, lease.Epoch), out var node))
        {
            return null;
        }

        var due = _planned.Find(planned => planned.Node == node && planned.Moment == moment && planned.Visits == 0);
        foreach (var later in _planned.Where(planned => planned.Node == node && planned.Moment == moment))
        {
            later.Visits--;
        }

        return due is not null && _planned.Remove(due) ? due.Fault : null;
    }

    private sealed class Planned(string node, StepMoment moment, StepFault fault)
    {
        public string Node => node;

        public StepMoment Moment => moment;

        public StepFault Fault => fault;

        /// <summary>How often the moment comes before it is meant.</summary>
        public int Visits { get; set; }
    }
}
