using System.Globalization;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Simulation.Workflows;

/// <content>What may happen to a run, once.</content>
internal sealed partial class DecisionSimulation
{
    private void Act()
    {
        switch (_random.Next(26))
        {
            case < 6:
                Take();
                break;
            case < 12:
                Present();
                break;
            case 12:
                Lose();
                break;
            case 13:
                // Its worker is gone, and nobody knows yet.
                if (_held.Count > 0)
                {
                    _held[_random.Next(_held.Count)].IsLost = true;
                }

                break;
            case 14:
                Repeat();
                break;
            case 15:
                Crash();
                break;
            case 16:
                Signal();
                break;
            case 17:
                Steer();
                break;
            case 18:
                Fold();
                break;
            case 19 or 20:
                Deliver();
                break;
            case 21 or 22:
                EndChild();
                break;
            case 23:
                Update();
                break;
            case 24:
                Reset();
                break;
            case 25 when _migrates && _random.Chance(0.1):
                Migrate();
                break;
            default:
                PassTime();
                break;
        }
    }

    private void Take()
    {
        var step = Do(new WorkflowCommand.Take(0, $"worker-{_random.Next(3)}", "session", _random.Next(5)));
        if (step.Item is { } item)
        {
            _held.Add(new Held(item, Current, Current.ReadContext(_run)));
        }
    }

    /// <summary>A worker has done its step; often it goes on with what follows, in the same row.</summary>
    private void Present()
    {
        var held = _held.Where(one => !one.IsLost).ToList();
        if (held.Count == 0)
        {
            return;
        }

        var done = _random.Pick(held);
        var outcome = OutcomeOf(done);
        _sent.Add(outcome);
        if (_random.Chance(0.1))
        {
            // The outcome is under way for long; it may come after its lease has ended.
            done.IsLost = true;
            return;
        }

        _held.Remove(done);
        var turn = new WorkflowRunTurn(_run);
        _ = turn.Do(outcome, _clock.Now);
        var next = _random.Chance(0.5) ? turn.TakeFollower("worker", "session", 0, _clock.Now) : default;
        Store(turn);
        if (next.Item is { } item)
        {
            _held.Add(new Held(item, Current, Current.ReadContext(_run)));
        }
    }

    private void Lose()
    {
        if (_held.Count > 0)
        {
            var lost = _random.Pick(_held);
            _held.Remove(lost);
            Do(new WorkflowCommand.Lose(lost.Item.Id, lost.Item.Epoch));
            _sent.Add(OutcomeOf(lost));
        }
    }

    /// <summary>Something that was said before is said again, or for the first time, late.</summary>
    private void Repeat()
    {
        if (_sent.Count == 0)
        {
            return;
        }

        var command = _random.Pick(_sent);
        var (before, current) = (_run, IsCurrent(command));
        Do(command);
        if (current)
        {
            _held.RemoveAll(held => command is WorkflowCommand.Commit commit ? held.Item.Id == commit.Item && held.Item.Epoch == commit.Epoch
                : command is WorkflowCommand.Fail fail && held.Item.Id == fail.Item && held.Item.Epoch == fail.Epoch);
        }
        else if (!ReferenceEquals(before, _run))
        {
            Violate($"a repeated or late {command.GetType().Name} took effect");
        }
    }

    /// <summary>The process that decides is gone; the next one reads what was stored.</summary>
    private void Crash()
    {
        var read = _snapshot is { } snapshot ? WorkflowRunJson.ReadSnapshot(snapshot.Utf8, snapshot.Workflow) : WorkflowRunState.None(_workflow.Definition.Compiled);
        read = WorkflowRunDecider.ApplyAll(read, _rows.Skip(_snapshot?.Rows ?? 0).SelectMany(row => WorkflowEventJson.Read(row)));
        if (!Same(read, _run))
        {
            Violate("the stored rows give another state than the one that was decided");
        }

        _run = read;
        if (_random.Chance(0.3))
        {
            _snapshot = (WorkflowRunJson.WriteSnapshot(_run), _run.Workflow, _rows.Count);
        }
    }

    private void Signal()
    {
        if (_run.Awaiting.IsEmpty && !_random.Chance(0.1))
        {
            return;
        }

        var names = _workflow.Definition.Compiled.Nodes.Select(node => FlowParts.SignalPrefix + node.Name).ToList();
        var name = _run.Awaiting.IsEmpty ? _random.Pick(names) : _random.Pick(_run.Awaiting.ToList()).Signal;
        var id = string.Create(CultureInfo.InvariantCulture, $"s{++_signals}");
        var signal = new WorkflowCommand.Signal(name, Write(id), id);
        Do(signal);
        _sent.Add(signal);
    }

    private void Steer()
    {
        if (_cancels && _random.Chance(0.05))
        {
            Do(new WorkflowCommand.Cancel("changed my mind"));
        }
        else
        {
            Do(_run.Status == WorkflowRunStatus.Paused ? new WorkflowCommand.Unpause() : _random.Chance(0.3) ? new WorkflowCommand.Pause() : new WorkflowCommand.Tick());
        }
    }

    private void Fold()
    {
        if (_run.Deltas.Count > 0)
        {
            Do(new WorkflowCommand.Fold(_run.ContextVersion, Write(Current.ReadContext(_run))));
        }
    }

    private void PassTime()
    {
        if (_run.NextDueUtc is { } due && due - _clock.Now < TimeSpan.FromDays(1))
        {
            _clock.Now = due > _clock.Now ? due : _clock.Now;
            Do(new WorkflowCommand.Tick());
        }
        else if (_run.Pending.IsEmpty && _held.All(held => held.IsLost) && _held.Count > 0)
        {
            // The leases of all that was lost end.
            foreach (var held in _held)
            {
                Do(new WorkflowCommand.Lose(held.Item.Id, held.Item.Epoch));
            }

            _held.Clear();
        }
    }
}
