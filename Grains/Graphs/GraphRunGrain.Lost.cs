using OrleansFlow.Artifacts;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Tasks;
using OrleansFlow.Tasks;

namespace OrleansFlow.Grains.Graphs;

/// <content>Which files are really gone, when a worker says that it cannot read one.</content>
internal sealed partial class GraphRunGrain
{
    /// <summary>Most files that one such report makes the silo look at.</summary>
    private const int LookedAtMax = 1_000;

    /// <summary>The command of an attempt's end. A worker that does not see the artifact folder must not make the others do their work again.</summary>
    private LeaseCommand CommandOf(AttemptOutcome outcome)
    {
        var command = TaskReports.ToCommand(outcome);
        if (command is not LoseInputs lose || _artifacts is not { } artifacts
            || _pump.Tentative.Find(outcome.Token.TaskId) is not { } slot || !_pump.Tentative[slot].IsCurrent(lose.Epoch, _clock.GetUtcNow()))
        {
            return command;
        }

        var lost = lose.Inputs.Where(input => !CanRead(artifacts, input.Path)).ToHashSet();
        if (lost.Count == 0)
        {
            LogInputsNotLost(_id, outcome.Token.TaskId);
            return new FailAttempt(lose.Epoch, lose.Failure);
        }

        // Where one file is gone others may be: found now, they are made again at once and not one after the other.
        AddNeighbours(artifacts, slot, lost);
        LogInputsLost(_id, outcome.Token.TaskId, lost.Count);
        return lose with { Inputs = [.. lost] };
    }

    /// <summary>The first lost file of each further task of the nodes that something of was lost.</summary>
    private void AddNeighbours(IArtifactStore artifacts, TaskSlot reader, HashSet<LostInput> lost)
    {
        var (state, left) = (_pump.Tentative, LookedAtMax);
        foreach (var id in lost.Select(input => input.Node).Distinct(StringComparer.Ordinal).ToList())
        {
            // A task of a scattered node reads one batch of that parent: the others are for its neighbours to find.
            if (state.Plan!.Find(id) is not { } parent || state.Plan.Nodes[reader.Node].Foreach is { Edge: { } edge } && state.Plan.Nodes[reader.Node].Edges[edge].Parent == parent.Index)
            {
                continue;
            }

            var tasks = state.Nodes[parent.Index].Tasks;
            for (var task = 0; task < tasks.Count && left > 0; task++)
            {
                if (tasks[task].IsBeingRemade || lost.Any(input => input.Node == id && input.Task == task))
                {
                    continue;
                }

                for (var index = 0; index < tasks[task].Batches.Count && left-- > 0; index++)
                {
                    if (!CanRead(artifacts, tasks[task].Batches[index].Path))
                    {
                        lost.Add(new LostInput(id, task, index, tasks[task].Batches[index].Path));
                        break;
                    }
                }
            }
        }
    }

    /// <summary>Only a file that is gone or damaged is lost; a store that cannot be reached may come back with it.</summary>
    private static bool CanRead(IArtifactStore artifacts, string path)
    {
        try
        {
            using var file = artifacts.OpenRead(path);
            for (var batch = 0; batch < file.BatchCount; batch++)
            {
                file.ReadBatch(batch).Dispose();
            }

            return true;
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.ArtifactLost)
        {
            return false;
        }
        catch (FlowException)
        {
            return true;
        }
    }
}
