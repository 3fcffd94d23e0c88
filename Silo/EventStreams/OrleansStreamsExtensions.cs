using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansFlow.Streaming.Connectors.Streams;
using OrleansFlow.Worker.Hosting;

namespace OrleansFlow.Silo.EventStreams;

/// <summary>Lets streaming jobs read and write streams of Orleans.</summary>
public static class OrleansStreamsExtensions
{
    /// <summary>
    /// Lets the jobs of a worker use the stream providers of its host: a silo (the worker that <c>FlowSilo</c> starts has them already), or a client of one, whose providers are
    /// registered with <c>UseOrleansClient</c>. Safe to repeat.
    /// </summary>
    /// <param name="builder">The worker.</param>
    /// <returns>The worker.</returns>
    public static WorkerBuilder UseOrleansStreams(this WorkerBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.Services.Any(service => service.ServiceType == typeof(IEventStreams)))
        {
            builder.Services.TryAddSingleton<IEventStreams, OrleansStreams>();
            builder.AddOrleansStreamEvents<byte[]>("bytes", static item => item, static record => record.ToArray());
            builder.AddOrleansStreamEvents<string>("text", static item => Encoding.UTF8.GetBytes(item), static record => Encoding.UTF8.GetString(record.Span));
        }

        return builder;
    }

    /// <summary>Adds a kind of events, which tables name by their option <c>event</c>: streams of a type of the host's own. A table's format reads and writes the records.</summary>
    /// <typeparam name="T">What streams hold.</typeparam>
    /// <param name="builder">The worker, with <see cref="UseOrleansStreams"/>.</param>
    /// <param name="name">Its name; case does not count, and no two have the same.</param>
    /// <param name="write">An event as a record, for example as JSON. What it throws ends the job.</param>
    /// <param name="read">A record as an event; what it throws ends the job.</param>
    /// <returns>The worker.</returns>
    public static WorkerBuilder AddOrleansStreamEvents<T>(this WorkerBuilder builder, string name, Func<T, ReadOnlyMemory<byte>> write, Func<ReadOnlyMemory<byte>, T> read)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(write);
        ArgumentNullException.ThrowIfNull(read);
        builder.Services.AddSingleton<OrleansStreamEvents>(new OrleansStreamEvents<T>(name, write, read));
        return builder;
    }
}
