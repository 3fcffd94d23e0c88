using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Spilling;

namespace OrleansFlow.Streaming.Dataflow;

/// <summary>A subtask with the channels that it sends by.</summary>
internal sealed record BuiltSubtask(Subtask Subtask, IReadOnlyList<ISubtaskChannel> Channels, IReadOnlyList<ISubtaskChannel> RemoteChannels);

/// <summary>Makes the local subtasks of a plan and joins them by channels. Nothing runs yet.</summary>
internal sealed class SubtaskBuilder(StreamEngineSetup setup, StreamMemory memory, PhysicalPlan plan, IEngineCore engine)
{
    private readonly Dictionary<ChannelKey, ISubtaskChannel> _inputs = [];
    private readonly Dictionary<SubtaskPlan, SubtaskInbox> _inboxes = [];

    /// <summary>Makes all of them; adds each to a list, so that its owner can dispose those that were made when a later one fails.</summary>
    public async Task BuildAsync(List<BuiltSubtask> built, CancellationToken cancellationToken)
    {
        ChannelStates.Check(plan, setup.Restored);
        var local = plan.Subtasks.Where(IsLocal).ToList();
        foreach (var subtask in local)
        {
            var inbox = _inboxes[subtask] = new SubtaskInbox(subtask.Inputs.Count, setup.Limits.QueueRows);
            await RestoreAsync(subtask, inbox, cancellationToken);
            for (var i = 0; i < subtask.Inputs.Count; i++)
            {
                var input = subtask.Inputs[i];
                _inputs[input.Channel] = inbox.Input(i);
                if (!setup.IsLocal(input.SourceNode.Id, input.Channel.Source))
                {
                    Remote().Accept(input.Channel, inbox.Input(i));
                }
            }
        }

        foreach (var subtask in local)
        {
            built.Add(await BuildAsync(subtask, cancellationToken));
        }
    }

    /// <summary>Rows that a barrier overtook are queued again, before any that their senders send.</summary>
    private async ValueTask RestoreAsync(SubtaskPlan subtask, SubtaskInbox inbox, CancellationToken cancellationToken)
    {
        foreach (var (input, message) in await ChannelStates.ReadAsync(setup.State, subtask, setup.Restored, setup.Allocator, cancellationToken))
        {
            inbox.Restore(input, message);
        }
    }

    private async Task<BuiltSubtask> BuildAsync(SubtaskPlan subtask, CancellationToken cancellationToken)
    {
        var (channels, remote, edges, sides) = (new List<ISubtaskChannel>(), new List<ISubtaskChannel>(), new List<EdgeOutput>(), new List<EdgeOutput>());
        try
        {
            foreach (var output in subtask.Outputs)
            {
                var targets = new ISubtaskChannel[output.Channels.Count];
                for (var i = 0; i < targets.Length; i++)
                {
                    if (!_inputs.TryGetValue(output.Channels[i], out var channel))
                    {
                        channel = await Remote().OpenAsync(output.Channels[i], output.TargetNode.Id, SchemaOf(subtask.Node, output.Edge.IsSide), cancellationToken);
                        remote.Add(channel);
                    }

                    targets[i] = channel;
                }

                channels.AddRange(targets);
                (output.Edge.IsSide ? sides : edges).Add(new EdgeOutput(output.Edge, subtask.Index, targets, setup.Allocator));
            }

            var metrics = new SubtaskMetrics(memory.Part());
            var end = new SubtaskOutput(edges, sides, metrics);
            var chain = await ChainAsync(subtask, end, metrics);
            Subtask made = subtask.IsSource
                ? new SourceSubtask(subtask, _inboxes[subtask], chain, end, metrics, engine)
                : new OperatorSubtask(subtask, _inboxes[subtask], chain, end, metrics, engine);
            return new BuiltSubtask(made, channels, remote);
        }
        catch
        {
            foreach (var channel in remote)
            {
                await channel.DisposeAsync();
            }

            throw;
        }
    }

    private async Task<OperatorChain> ChainAsync(SubtaskPlan subtask, SubtaskOutput end, SubtaskMetrics metrics)
    {
        var (node, elements) = (subtask.Node, new List<ChainElement>());
        IOperatorOutput after = end;
        try
        {
            for (var i = node.Chain.Count - 1; i >= 0; i--)
            {
                var part = node.Chain[i];
                var schemas = i > 0 ? [ProgramSchema.Read(node.Chain[i - 1].OutputSchema)] : SchemasInto(subtask);
                var schema = ProgramSchema.Read(part.OutputSchema);
                var element = setup.Operators.Create(new OperatorDefinition(part.Id, part.Kind, part.Config.Memory, schemas, schema));
                var isInPlace = subtask.IsSource && i == 0 ? element is StreamSource : element is StreamOperator;
                if (!isInPlace)
                {
                    await element.DisposeAsync();
                    throw new FlowException(
                        FlowErrorCode.BadGraph, $"Operator '{part.Id}' of kind '{part.Kind}' {(element is StreamSource ? "is a source and has inputs" : "is no source and has no input")}; correct the edges of node {node.Id}.");
                }

                try
                {
                    var place = new SubtaskPlace(part.Id, subtask.Index, (int)node.Parallelism);
                    elements.Insert(0, new ChainElement(element, Context(subtask, i, place, schemas, schema, metrics), after));
                }
                catch
                {
                    await element.DisposeAsync();
                    throw;
                }

                after = elements[0];
            }
        }
        catch
        {
            await new OperatorChain(elements, setup.Clock).DisposeAsync();
            throw;
        }

        return new OperatorChain(elements, setup.Clock);
    }

    private OperatorContext Context(SubtaskPlan subtask, int element, SubtaskPlace place, IReadOnlyList<ArrowSchema?> schemas, ArrowSchema? schema, SubtaskMetrics metrics) => new()
    {
        OperatorId = place.OperatorId,
        NodeId = subtask.Node.Id,
        SubtaskIndex = subtask.Index,
        Parallelism = place.Parallelism,
        State = setup.State.Open(place, setup.Restored.FirstOrDefault(one => one.OperatorId == place.OperatorId)),
        InputSides = element > 0 ? [0] : [.. subtask.Inputs.Select(input => input.Side)],
        InputSchemas = schemas,
        OutputSchema = schema,
        Clock = setup.Clock,
        Allocator = setup.Allocator,
        Memory = metrics.Memory,
        ReportErrorAsync = (exception, cancellationToken) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            metrics.NonfatalError();
            var id = new SubtaskId { NodeId = subtask.Node.Id, SubtaskIndex = (uint)subtask.Index, OperatorId = place.OperatorId };
            return engine.Events.TellAsync(new WorkerEvent { NonfatalError = TaskErrors.Of(id, exception) });
        },
    };

    private static List<ArrowSchema?> SchemasInto(SubtaskPlan subtask)
    {
        var schemas = new List<ArrowSchema?>();
        foreach (var input in subtask.Inputs)
        {
            if (input.Side == schemas.Count)
            {
                schemas.Add(SchemaOf(input.SourceNode, input.IsSideOutput));
            }
        }

        return schemas;
    }

    private static ArrowSchema? SchemaOf(ProgramNode node, bool isSide) => ProgramSchema.Read(isSide ? node.Chain[^1].SideSchema : node.Chain[^1].OutputSchema);

    private bool IsLocal(SubtaskPlan subtask) => setup.IsLocal(subtask.Node.Id, subtask.Index);

    private IRemoteEdges Remote() =>
        setup.Remote ?? throw new FlowException(FlowErrorCode.BadInput, "Some subtasks run elsewhere, and the engine was given no edges to them (Remote).");
}
