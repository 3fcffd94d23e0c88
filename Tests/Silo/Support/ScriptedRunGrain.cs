using System.Collections.Concurrent;
using System.Reflection;
using System.Threading.Channels;
using OrleansFlow.Graphs;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A run whose inputs the test feeds, and whose ends it answers; nothing else.</summary>
public class ScriptedRunGrain : DispatchProxy
{
    internal Channel<ArtifactRef> Inputs { get; } = Channel.CreateUnbounded<ArtifactRef>();

    /// <summary>What input adapters asked for.</summary>
    internal ConcurrentQueue<InputPull> Pulls { get; } = new();

    /// <summary>Answers an input adapter.</summary>
    internal Func<InputPull, IAsyncEnumerable<ArtifactRef>>? Pull { get; set; }

    /// <summary>Answers one end of several.</summary>
    internal Func<AttemptOutcome, CancellationToken, Task<EffectReceipt>> Complete { get; set; } = (_, _) => throw new NotSupportedException();

    internal static (IGraphRunGrain Run, ScriptedRunGrain Script) Create()
    {
        var run = Create<IGraphRunGrain, ScriptedRunGrain>();
        return (run, (ScriptedRunGrain)(object)run);
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        switch (targetMethod?.Name)
        {
            case nameof(IGraphRunGrain.ReadInputsAsync):
                return Inputs.Reader.ReadAllAsync((CancellationToken)args![^1]!);
            case nameof(IGraphRunGrain.PullInputsAsync) when Pull is not null:
                Pulls.Enqueue((InputPull)args![1]!);
                return Pull((InputPull)args[1]!);
            case nameof(IGraphRunGrain.CompleteManyAsync):
                return CompleteManyAsync((IReadOnlyList<AttemptOutcome>)args![0]!, (CancellationToken)args[1]!);
            default:
                throw new NotSupportedException($"{targetMethod} is not part of the script.");
        }
    }

    private async Task<IReadOnlyList<EffectReceipt>> CompleteManyAsync(IReadOnlyList<AttemptOutcome> outcomes, CancellationToken cancellationToken) =>
        await Task.WhenAll(outcomes.Select(outcome => Complete(outcome, cancellationToken)));
}
