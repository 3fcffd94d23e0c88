using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;

namespace OrleansFlow.Worker.Queries.Inputs;

/// <summary>Opens the rows of tasks, wherever they run.</summary>
internal interface IPeerRows
{
    /// <summary>Opens a part of a task's output.</summary>
    /// <param name="source">Where, and what.</param>
    /// <param name="token">The right to it, as this worker got it with the plan; null where none is needed.</param>
    /// <param name="cancellationToken">Ends the opening and the reading.</param>
    /// <returns>Dispose it.</returns>
    /// <exception cref="TaskFailedException">The task failed, or its rows cannot be read any more.</exception>
    Task<FlightStream> OpenAsync(InputSource source, string? token, CancellationToken cancellationToken);

    /// <summary>Opens what a ticket of any Flight server stands for.</summary>
    /// <exception cref="Errors.FlowException"><c>data_file_missing</c>: the server refuses the ticket, or cannot be reached.</exception>
    Task<FlightStream> OpenAsync(FlightPart part, CancellationToken cancellationToken);
}
