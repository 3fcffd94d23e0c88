using System.Collections.Concurrent;
using System.Reflection;
using System.Threading.Channels;
using OrleansFlow.Graphs;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A run whose inputs the test feeds; it answers nothing else.</summary>
public class ScriptedRunGrain : DispatchProxy
{
    internal Channel<ArtifactRef> Inputs { get; } = Channel.CreateUnbounded<ArtifactRef>();

    /// <summary>What input adapters asked for.</summary>
    internal ConcurrentQueue<InputPull> Pulls { get; } = new();

    /// <summary>Answers an input adapter.</summary>
    internal Func<InputPull, IAsyncEnumerable<ArtifactRef>>? Pull { get; set; }

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
            default:
                throw new NotSupportedException($"{targetMethod} is not part of the script.");
        }
    }
}
