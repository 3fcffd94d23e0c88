using System.Runtime.CompilerServices;
using System.Threading.Channels;
using OrleansFlow.Errors;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Local;

namespace OrleansFlow.Workflows.Nodes;

/// <summary>Feeds a workflow in this process: each item that is written is the input of a run of its own, one after the other.</summary>
/// <typeparam name="T">The input of the runs.</typeparam>
public sealed class WorkflowSource<T>
{
    private readonly Channel<T> _items;

    /// <summary>A source that is open.</summary>
    /// <param name="capacity">Items that wait for their run; a writer waits while it is full. At least 1.</param>
    public WorkflowSource(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _items = Channel.CreateBounded<T>(capacity);
    }

    /// <summary>Adds an item.</summary>
    /// <param name="item">The input of its run.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    /// <exception cref="ChannelClosedException">The source is closed.</exception>
    public ValueTask WriteAsync(T item, CancellationToken cancellationToken = default) => _items.Writer.WriteAsync(item, cancellationToken);

    /// <summary>No more items come: the runs end with what was written. May be called again.</summary>
    public void Close() => _items.Writer.TryComplete();

    /// <summary>Runs the workflow once for each item until the source is closed and empty. The context goes from run to run.</summary>
    /// <typeparam name="TOut">The runs' output.</typeparam>
    /// <typeparam name="TContext">The runs' context.</typeparam>
    /// <param name="workflow">What to run.</param>
    /// <param name="context">The context of the first run.</param>
    /// <param name="options">As of a local run.</param>
    /// <param name="cancellationToken">Ends the run of the moment, and all.</param>
    /// <returns>The result of each run as it ends. The next run begins when the caller asks for its result.</returns>
    /// <exception cref="FlowException">A run failed. It is the last one; what was written behind it stays in the source.</exception>
    public async IAsyncEnumerable<WorkflowResult<TOut, TContext>> RunAsync<TOut, TContext>(
        WorkflowDefinition<T, TOut, TContext> workflow,
        TContext context,
        LocalRunOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where TContext : IMergeable<TContext>
    {
        ArgumentNullException.ThrowIfNull(workflow);
        await foreach (var item in _items.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            var result = await workflow.RunAsync(context, item, options, cancellationToken).ConfigureAwait(false);
            context = result.Context;
            yield return result;
        }
    }
}
