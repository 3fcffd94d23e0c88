namespace OrleansFlow.Decisions.Jobs;

/// <summary>A worker that streaming jobs can run at.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Slots">Slots that are free for this job; 0 or more.</param>
/// <param name="DataAddress">Where other workers send it rows.</param>
/// <param name="RpcAddress">Where its calls are answered.</param>
/// <param name="IsDraining">It has announced that it will end: nothing new starts there.</param>
public sealed record JobWorker(string Id, int Slots, string DataAddress = "", string RpcAddress = "", bool IsDraining = false);
