using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Connectors.Streams;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Streaming.Sql.Execution;
using OrleansFlow.Streaming.Udfs;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Worker.Jobs.Previews;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Worker.Jobs;

/// <summary>The operators of a worker: those that every worker has, those of its host, and those that need the local engine.</summary>
/// <param name="added">Of the host.</param>
/// <param name="engines">The worker's engine, which its queries use, too; null where it has none.</param>
/// <param name="previews">Where rows go that jobs show.</param>
/// <param name="functions">Loads functions of users.</param>
/// <param name="streams">Streams of Orleans of the host; null where it has none.</param>
internal sealed class WorkerOperators(IReadOnlyList<OperatorRegistration> added, QueryEngines? engines, IPreviewTarget previews, WorkerFunctions functions, IEventStreams? streams = null)
{
    /// <summary>Those that a host set up.</summary>
    public static WorkerOperators Of(IServiceProvider services, QueryEngines? engines, WorkerOptions options, ILoggerFactory loggers, TimeProvider clock)
    {
        var functions = services.GetService<IOptions<UserFunctionOptions>>()?.Value ?? new UserFunctionOptions();
        return new WorkerOperators(
            [.. services.GetServices<OperatorRegistration>()],
            engines,
            services.GetService<IPreviewTarget>() ?? RpcPreviewTarget.Of(options, clock),
            new WorkerFunctions(functions.ToSettings(), new FunctionContents(functions.KeptBytes), loggers, clock),
            services.GetService<IEventStreams>());
    }

    /// <summary>Makes the operators of one run. The engine is opened only for a program that needs it.</summary>
    /// <exception cref="FlowException">
    /// The program needs an engine, and the worker has none (<see cref="FlowErrorCode.Unsupported"/>); a function cannot be loaded (<see cref="FlowErrorCode.BadFunction"/>).
    /// </exception>
    public async ValueTask<JobOperators> OpenAsync(Program program, CancellationToken cancellationToken)
    {
        var registry = new OperatorRegistry().AddKnown(streams);
        registry.Add(PreviewSink.Kind, definition => new PreviewSink(PreviewSink.ConfigOf(definition.Id, definition.Config), previews));
        foreach (var one in added)
        {
            registry.Add(one.Kind, one.Make);
        }

        var loaded = await functions.LoadAsync(program, cancellationToken);
        try
        {
            if (!program.Nodes.SelectMany(node => node.Chain).Any(one => SqlOperators.Kinds.Contains(one.Kind)))
            {
                return new JobOperators(registry, loaded);
            }

            var lease = engines is null
                ? throw new FlowException(
                    FlowErrorCode.Unsupported, $"The job has SQL in it, and this worker runs none: {QueryWorkerOptions.SectionName}:{nameof(QueryWorkerOptions.Enabled)} is false.")
                : await engines.LeaseAsync(cancellationToken);
            return new JobOperators(registry.AddSql(lease.Engine, loaded), lease, loaded);
        }
        catch
        {
            await (loaded?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }
}
