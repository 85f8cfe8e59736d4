import { Body, Controller, Inject, Param } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { Caller } from '../application/kernel/transact.js';
import { CartCommand, MedicineCommand, OrderCommand, StockCommand } from '../application/pharmacy.js';
import { Id } from '../domain/kernel/types.js';
import { commands as ofCart } from '../domain/pharmacy/cart.js';
import { commands as ofMedicine } from '../domain/pharmacy/medicine.js';
import { commands as ofOrder } from '../domain/pharmacy/order.js';
import { commands as ofStock, stockId } from '../domain/pharmacy/stock.js';
import { CommandRoute, FromCaller, newId } from '../infrastructure/http/routes.js';

type In<S extends z.ZodType> = z.output<S>;

const Add = ofMedicine.AddMedicine.meta({ id: 'AddMedicine' });
const Revise = ofMedicine.ReviseMedicine.meta({ id: 'ReviseMedicine' });
const Discontinue = ofMedicine.DiscontinueMedicine.meta({ id: 'DiscontinueMedicine' });
const Receive = ofStock.ReceiveUnits.meta({ id: 'ReceiveUnits' });
const Adjust = ofStock.AdjustStock.meta({ id: 'AdjustStock' });
const Level = ofStock.SetReorderLevel.meta({ id: 'SetReorderLevel' });
const Price = ofStock.SetPrice.meta({ id: 'SetPrice' });
const ToCart = ofCart.AddToCart.meta({ id: 'AddToCart' });
const InCart = ofCart.RemoveFromCart.meta({ id: 'MedicineInCart' });
const Place = ofOrder.PlaceOrder.meta({ id: 'PlaceOrder' });
const Dispense = ofOrder.DispenseLine.meta({ id: 'DispenseLine' });
const Cancel = ofOrder.CancelOrder.meta({ id: 'CancelOrder' });
const Return = ofOrder.ReturnUnits.meta({ id: 'ReturnUnits' });

const inPath = { schema: Id };

@Controller('medicines')
export class MedicinesController {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  @CommandRoute(
    'addMedicine',
    '',
    'A medicine of the catalogue that all pharmacies share, kept by the hospital that adds it.',
  )
  add(@Body({ schema: Add }) data: In<typeof Add>, @FromCaller() caller: Caller) {
    return this.send(newId(caller, 'medicine'), { type: 'AddMedicine', data }, caller);
  }

  @CommandRoute('reviseMedicine', ':id/revise', 'Changes the given fields and no other.')
  revise(
    @Param('id', inPath) id: string,
    @Body({ schema: Revise }) data: In<typeof Revise>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'ReviseMedicine', data }, caller);
  }

  @CommandRoute('discontinueMedicine', ':id/discontinue', 'It is not sold any more.')
  discontinue(
    @Param('id', inPath) id: string,
    @Body({ schema: Discontinue }) data: In<typeof Discontinue>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'DiscontinueMedicine', data }, caller);
  }

  @CommandRoute('reinstateMedicine', ':id/reinstate', 'It is sold again.')
  reinstate(@Param('id', inPath) id: string, @FromCaller() caller: Caller) {
    return this.send(id, { type: 'ReinstateMedicine', data: {} }, caller);
  }

  private send(id: string, message: MedicineCommand['envelope']['message'], caller: Caller) {
    return this.bus.execute(new MedicineCommand({ id, message, caller }));
  }
}

@Controller('hospitals/:hospitalId/stock/:medicineId')
export class StockController {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  @CommandRoute('receiveUnits', 'receive', 'Units of a lot arrived.')
  receive(
    @Param('hospitalId', inPath) hospitalId: string,
    @Param('medicineId', inPath) medicineId: string,
    @Body({ schema: Receive }) data: In<typeof Receive>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(stockId(hospitalId, medicineId), { type: 'ReceiveUnits', data }, caller);
  }

  @CommandRoute('adjustStock', 'adjust', 'Units were found, or are lost, broken or expired; with the reason.')
  adjust(
    @Param('hospitalId', inPath) hospitalId: string,
    @Param('medicineId', inPath) medicineId: string,
    @Body({ schema: Adjust }) data: In<typeof Adjust>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(stockId(hospitalId, medicineId), { type: 'AdjustStock', data }, caller);
  }

  @CommandRoute('setReorderLevel', 'set-reorder-level', 'Below so many units the stock is low.')
  level(
    @Param('hospitalId', inPath) hospitalId: string,
    @Param('medicineId', inPath) medicineId: string,
    @Body({ schema: Level }) data: In<typeof Level>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(stockId(hospitalId, medicineId), { type: 'SetReorderLevel', data }, caller);
  }

  @CommandRoute('setPrice', 'set-price', "What this pharmacy asks for the medicine; null for the catalogue's price.")
  price(
    @Param('hospitalId', inPath) hospitalId: string,
    @Param('medicineId', inPath) medicineId: string,
    @Body({ schema: Price }) data: In<typeof Price>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(stockId(hospitalId, medicineId), { type: 'SetPrice', data }, caller);
  }

  private send(id: string, message: StockCommand['envelope']['message'], caller: Caller) {
    return this.bus.execute(new StockCommand({ id, message, caller }));
  }
}

@Controller('patients/:patientId/carts')
export class CartsController {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  @CommandRoute('addToCart', 'add', "Puts units of a medicine into the cart of a hospital's pharmacy.")
  add(
    @Param('patientId', inPath) id: string,
    @Body({ schema: ToCart }) data: In<typeof ToCart>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'AddToCart', data }, caller);
  }

  @CommandRoute('increaseQuantity', 'increase', 'One more.')
  increase(
    @Param('patientId', inPath) id: string,
    @Body({ schema: InCart }) data: In<typeof InCart>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'IncreaseQuantity', data }, caller);
  }

  @CommandRoute('decreaseQuantity', 'decrease', 'One less; at one it is removed.')
  decrease(
    @Param('patientId', inPath) id: string,
    @Body({ schema: InCart }) data: In<typeof InCart>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'DecreaseQuantity', data }, caller);
  }

  @CommandRoute('removeFromCart', 'remove', 'Takes the medicine out.')
  remove(
    @Param('patientId', inPath) id: string,
    @Body({ schema: InCart }) data: In<typeof InCart>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'RemoveFromCart', data }, caller);
  }

  private send(id: string, message: CartCommand['envelope']['message'], caller: Caller) {
    return this.bus.execute(new CartCommand({ id, message, caller }));
  }
}

@Controller('orders')
export class OrdersController {
  constructor(@Inject(CommandBus) private readonly bus: CommandBus) {}

  @CommandRoute('placeOrder', '', 'Freezes prices, tax and fee, and reserves the units; it is paid once it is ready.')
  place(@Body({ schema: Place }) data: In<typeof Place>, @FromCaller() caller: Caller) {
    return this.send(newId(caller, 'order'), { type: 'PlaceOrder', data }, caller);
  }

  @CommandRoute('dispenseLine', ':id/dispense', 'Hands out reserved units of a line of a paid order, also in parts.')
  dispense(
    @Param('id', inPath) id: string,
    @Body({ schema: Dispense }) data: In<typeof Dispense>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'DispenseLine', data }, caller);
  }

  @CommandRoute('handOverOrder', ':id/hand-over', 'The patient picked it up.')
  handOver(@Param('id', inPath) id: string, @FromCaller() caller: Caller) {
    return this.send(id, { type: 'HandOverOrder', data: {} }, caller);
  }

  @CommandRoute('markOrderDelivered', ':id/deliver', 'It was brought to the patient.')
  deliver(@Param('id', inPath) id: string, @FromCaller() caller: Caller) {
    return this.send(id, { type: 'MarkOrderDelivered', data: {} }, caller);
  }

  @CommandRoute('cancelOrder', ':id/cancel', 'Gives up what was not handed out; what was paid for it goes back.')
  cancel(
    @Param('id', inPath) id: string,
    @Body({ schema: Cancel }) data: In<typeof Cancel>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'CancelOrder', data }, caller);
  }

  @CommandRoute('returnUnits', ':id/return', 'Units came back into the same lot; what was paid for them goes back.')
  returned(
    @Param('id', inPath) id: string,
    @Body({ schema: Return }) data: In<typeof Return>,
    @FromCaller() caller: Caller,
  ) {
    return this.send(id, { type: 'ReturnUnits', data }, caller);
  }

  private send(id: string, message: OrderCommand['envelope']['message'], caller: Caller) {
    return this.bus.execute(new OrderCommand({ id, message, caller }));
  }
}
