using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Contexts;
using OrleansFlow.Workflows.Definitions;
using OrleansFlow.Workflows.Retries;

namespace OrleansFlow.Samples.Workflows;

/// <summary>
/// Saga: a flight, a hotel and a car, of which all are booked or none. Each booking has its undoing; the first one that fails for good sends the run back
/// through the undoings of all that may have happened, its own included: an attempt whose answer was lost may have booked.
/// </summary>
/// <remarks>Booking and cancelling carry the trip's id, so that the agency knows a repeated call from a new one.</remarks>
internal static class Saga
{
    /// <summary>How long the agency is asked before a booking counts as failed.</summary>
    private static readonly StepRetryPolicy Booking = new() { MaxAttempts = 3 };

    /// <summary>An undoing may not fail; should it do so all the same, somebody must look, and the run says so.</summary>
    private static readonly StepRetryPolicy Undoing = new() { MaxAttempts = 100, MaxBackoff = TimeSpan.FromMinutes(5) };

    /// <summary>Books and cancels. Both may be called again with the same trip; what is not booked is cancelled by doing nothing.</summary>
    internal interface IAgency
    {
        Task BookAsync(string what, string trip, CancellationToken cancellationToken);

        Task CancelAsync(string what, string trip, CancellationToken cancellationToken);
    }

    public static WorkflowDefinition<Trip, string, NoContext> Define(IAgency agency)
    {
        var flow = new Workflow<NoContext>("trip");
        var refused = flow.Node<NodeFailure<Trip>, string>("refused", (failure, _) => $"{failure.Input.Id} refused: {failure.Error}").End();
        var noFlight = Undo("flight").To(refused);
        var noHotel = Undo("hotel").To(noFlight);
        var noCar = Undo("car").To(noHotel);
        var booked = flow.Node<Trip, string>("booked", (trip, _) => $"{trip.Id} booked").End();
        var car = Book("car").OnFailure(noCar).To(booked);
        var hotel = Book("hotel").OnFailure(noHotel).To(car);
        return flow.Start(Book("flight").OnFailure(noFlight).To(hotel)).Build<Trip, string>();

        WorkflowNode<Trip, Trip, NoContext> Book(string what) => flow.Node<Trip, Trip>($"book-{what}", async (trip, _, cancellationToken) =>
        {
            await agency.BookAsync(what, trip.Id, cancellationToken);
            return trip;
        }).Retry(Booking).Timeout(TimeSpan.FromSeconds(30));

        WorkflowNode<NodeFailure<Trip>, NodeFailure<Trip>, NoContext> Undo(string what) => flow.Node<NodeFailure<Trip>, NodeFailure<Trip>>($"cancel-{what}", async (failure, _, cancellationToken) =>
        {
            await agency.CancelAsync(what, failure.Input.Id, cancellationToken);
            return failure;
        }).Retry(Undoing);
    }

    /// <summary>What is to be booked.</summary>
    internal sealed record Trip(string Id);
}
