namespace Orleans.Embedded;

/// <summary>What a simulation takes over of a cluster: where its work is queued, and how calls travel. Outside simulations there is none.</summary>
/// <remarks>All of it is called on the simulation's own thread. What is not named here (timers, stores) it replaces through their public seams.</remarks>
internal interface IClusterSimulation
{
    /// <summary>The generation of a new silo: one more than the last one's, so that repeated simulations name their silos alike.</summary>
    /// <returns>The generation.</returns>
    int NewGeneration();

    /// <summary>Queues <c>IThreadPoolWorkItem.Execute</c> of an activation. It does one piece of work and queues itself again while there is more.</summary>
    /// <param name="activation">The activation.</param>
    void QueueTurn(Activation activation);

    /// <summary>Runs work of a silo that belongs to no activation.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="work">The work.</param>
    /// <returns>A task that ends with the work.</returns>
    Task RunAsync(SiloRuntime silo, Func<Task> work);

    /// <summary>
    /// Carries a request to its activation: now or later by <see cref="Activation.Enqueue"/>, or never, by <see cref="Activation.Drop"/>; the
    /// caller then gets its time-out. A request must not be delivered twice: Orleans delivers at most once.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="target">The activation.</param>
    void Send(GrainRequest request, Activation target);

    /// <summary>Carries an answer to the caller of a request: now, later or never.</summary>
    /// <param name="request">The request; it may be reused once one of the actions has run.</param>
    /// <param name="source">The activation that answers.</param>
    /// <param name="failure">The failure it answers with; null when it answers with a value.</param>
    /// <param name="deliver">Gives the answer to the caller.</param>
    /// <param name="lose">Lets the answer be lost.</param>
    void Answer(GrainRequest request, Activation source, Exception? failure, Action deliver, Action lose);
}
