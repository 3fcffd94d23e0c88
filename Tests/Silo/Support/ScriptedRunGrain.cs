using System.Reflection;
using System.Threading.Channels;
using OrleansFlow.Graphs;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>A run whose inputs the test feeds; it answers nothing else.</summary>
public class ScriptedRunGrain : DispatchProxy
{
    internal Channel<ArtifactRef> Inputs { get; } = Channel.CreateUnbounded<ArtifactRef>();

    internal static (IGraphRunGrain Run, ScriptedRunGrain Script) Create()
    {
        var run = Create<IGraphRunGrain, ScriptedRunGrain>();
        return (run, (ScriptedRunGrain)(object)run);
    }

    /// <inheritdoc/>
    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod?.Name == nameof(IGraphRunGrain.ReadInputsAsync)
            ? Inputs.Reader.ReadAllAsync((CancellationToken)args![^1]!)
            : throw new NotSupportedException($"{targetMethod} is not part of the script.");
}
