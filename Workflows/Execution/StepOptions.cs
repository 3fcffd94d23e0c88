using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace OrleansFlow.Workflows.Execution;

/// <summary>What a worker gives to a step beside the item and the context.</summary>
public sealed record StepOptions
{
    /// <summary>The clock of stamps, sleeps and time limits.</summary>
    /// <value>Default: the machine's.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How payloads are written.</summary>
    /// <value>Default: <see langword="null"/>, the serializer's defaults.</value>
    public JsonSerializerOptions? Json { get; init; }

    /// <summary>Where node classes come from; a scope of its own for each step.</summary>
    /// <value>Default: <see langword="null"/>, no services.</value>
    public IServiceProvider? Services { get; init; }

    /// <summary>The run's id, for the nodes.</summary>
    /// <value>Default empty.</value>
    public string RunId { get; init; } = "";

    /// <summary>Where nodes that watch something report what they survive.</summary>
    /// <value>Default: <see langword="null"/>, nowhere.</value>
    public ILogger? Logger { get; init; }
}
